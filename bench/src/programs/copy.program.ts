/**
 * Our stream between two servers: copies the tables, says when all are handed over, and follows them until it is told
 * to stop.
 */
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { instruction, report } from '@millrace/testkit/processes';
import type { CopyTask } from './copy-task.ts';
import { CpuProfiler } from './cpu-profiler.ts';

const task: CopyTask = JSON.parse(process.argv[2] ?? '');
const { id, source, target, tables, concurrency, profile } = task;
const stream = createStream({
  id,
  source: postgresSource(source),
  sink: postgresSink({ connection: target }),
  tables,
  copy: { concurrency },
});
// Also an error that would be retried: a run with a pause in it measures nothing.
stream.on('error', ({ code, message, hint }) => void report('failed', [code, message, hint ?? ''].join(' ')));
const left = new Set(tables.map((table) => `public.${table}`));
stream.on('handover', ({ table }) => {
  left.delete(table);
  if (left.size === 0) void report('handed-over');
});
const profiler = profile === null ? null : new CpuProfiler();
const [go, stop] = [instruction('go'), instruction('stop')];
await report('ready');
await go;
await profiler?.start();
await stream.start().catch(() => {});
await stop;
if (profile !== null) await profiler?.write(profile);
// With its slot, which would keep the log for ever.
await stream.delete();
await report('ended');
process.disconnect();

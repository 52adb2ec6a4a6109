import type { Stream } from '@millrace/core';
import { instruction, report } from '@millrace/testkit/processes';
import type { CopyTask } from './copy-task.ts';
import { CpuProfiler } from './cpu-profiler.ts';

/**
 * Starts a stream at a word, says when all tables are handed over, and follows them until it is told to stop. Everything
 * it needs has been loaded before the first word.
 */
export const copyingProgram = async (stream: Stream, { tables, profile }: CopyTask): Promise<void> => {
  // Also an error that would be retried: a run with a pause in it measures nothing.
  stream.on('error', ({ code, message, hint }) => void report('failed', [code, message, hint ?? ''].join(' ')));
  const left = new Set(tables);
  stream.on('handover', ({ table }) => {
    left.delete(table.slice(table.indexOf('.') + 1));
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
};

/** The process that runs the stream: commanded by the demo, which also kills it. */
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';

export type Command = 'pause' | 'resume' | 'stop';

export interface Report {
  readonly status: string;
  /** Changes written by this process. */
  readonly changes: number;
  /** Changes per second. */
  readonly rate: number;
  /** Commit at the source to commit at the target, ms. */
  readonly delay: number | null;
  readonly queued: number;
  /** Where the target is in the source's log. */
  readonly position: string | null;
}

const [source = '', target = ''] = process.argv.slice(2);
const stream = createStream({
  id: 'demo',
  source: postgresSource({ connection: source }),
  sink: postgresSink({ connection: target }),
  tables: [
    'public.branches',
    'public.tellers',
    'public.accounts',
    // It has no key, so the source could not say which row an update or delete means.
    { name: 'public.history', operations: ['insert'] },
  ],
  // For the same reason its rows could not be copied; and here all tables are empty at first.
  snapshot: 'never',
});

const report = () => {
  const { sink, latency, queue, position } = stream.stats();
  const state: Report = {
    status: stream.status,
    changes: sink.changes,
    rate: sink.rate,
    delay: latency.total?.p50 ?? null,
    queued: queue.changes,
    position,
  };
  // The demo may be gone already.
  if (process.connected) process.send?.(state);
};

stream.on('status', report);
stream.on('error', ({ code, message }) => process.stderr.write(`${code}: ${message}\n`));
const reporting = setInterval(report, 200);

const command = async (name: Command) => {
  await stream[name]();
  if (name !== 'stop') return;
  clearInterval(reporting);
  process.disconnect?.();
};
process.on('message', (name: Command) => void command(name));
// The demo is gone: nobody is left to stop the stream.
process.on('disconnect', () => void stream.stop());
// Ctrl-C reaches every process of the terminal; the demo decides what happens.
process.on('SIGINT', () => {});

await stream.start();

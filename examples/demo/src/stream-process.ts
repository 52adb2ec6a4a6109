/** The process that runs the stream: commanded by the demo, which also kills it. */
import { type CopyProgress, createStream, type HandoverEvent, type Sink, type Source } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSource } from '@millrace/postgres-source';
import { mysqlSink } from '@millrace/sql-sink/mysql';
import { postgresSink } from '@millrace/sql-sink/postgres';

export type Command = 'pause' | 'resume' | 'stop';

export interface Report {
  readonly status: string;
  /** Rows copied and changes written by this process. */
  readonly rows: number;
  readonly changes: number;
  /** Changes per second. */
  readonly rate: number;
  /** Commit at the source to commit at the target, ms. */
  readonly delay: number | null;
  readonly queued: number;
  /** Where the target is in the source's log. */
  readonly position: string | null;
  /** The tables that are being copied. */
  readonly copying: readonly CopyProgress[];
  /** Every table equals its source at `position`, and none is to be copied anew. */
  readonly isComplete: boolean;
}

/** A table has got other columns, and the target has followed. */
export interface SchemaEvent {
  readonly schema: string;
}

const [source = '', target = ''] = process.argv.slice(2);

/** By the protocol of a connection string. */
const connectors: Readonly<Record<string, { source(url: string): Source; sink(url: string): Sink }>> = {
  'postgres:': {
    source: (connection) => postgresSource({ connection }),
    sink: (connection) => postgresSink({ connection, targetSchema: 'public' }),
  },
  'mysql:': {
    source: (connection) => mysqlSource({ connection }),
    // The checkpoint lies beside the tables, in the database of the connection.
    sink: (connection) => mysqlSink({ connection, schema: new URL(connection).pathname.slice(1) }),
  },
};

const connectorsOf = (url: string) => {
  const found = connectors[new URL(url).protocol];
  if (found === undefined) throw new Error('Neither PostgreSQL nor MySQL');
  return found;
};

const stream = createStream({
  id: 'demo',
  source: connectorsOf(source).source(source),
  sink: connectorsOf(target).sink(target),
  tables: ['branches', 'tellers', 'accounts', 'history'],
});

const copies = new Map<string, CopyProgress>();

const send = (message: Report | HandoverEvent | SchemaEvent) => {
  // The demo may be gone already.
  if (process.connected) process.send?.(message);
};

const report = () => {
  const { sink, latency, queue, position } = stream.stats();
  const { state } = stream;
  send({
    status: state.status,
    rows: sink.rows,
    changes: sink.changes,
    rate: sink.rate,
    delay: latency.total?.p50 ?? null,
    queued: queue.changes,
    position,
    copying: [...copies.values()].filter(({ done }) => !done),
    isComplete:
      state.status === 'running' &&
      state.snapshot === null &&
      !stream.backfills.some((backfill) => backfill.state === 'pending' || backfill.state === 'active'),
  });
};

stream.on('status', report);
stream.on('snapshot', (progress) => copies.set(progress.table, progress));
stream.on('handover', send);
stream.on('schema', ({ message }) => send({ schema: message }));
stream.on('backfill', report);
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

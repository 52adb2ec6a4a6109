/** A stream to a target that refuses some rows, until it is told to stop, or killed. */
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { runStream } from '../../harness/run-stream.ts';

const { source, target, slot } = JSON.parse(process.argv[2] ?? '{}') as Record<'source' | 'target' | 'slot', string>;
const stream = createStream({
  id: 'parcels',
  source: postgresSource({
    connection: source,
    slot,
    publication: 'parcels',
    batch: { maxChanges: 7, maxBytes: 2_000 },
  }),
  sink: postgresSink({ connection: target, rejectedRows: { policy: 'dead-letter', maxRows: 100_000 } }),
  copy: { maxBytes: 8 * 1024, maxBytesPerSecond: 300_000 },
  queue: { maxChanges: 40, maxBytes: 20_000 },
  batch: { maxRows: 11, maxBytes: 100_000 },
});
await runStream(stream);

/**
 * A sink of your own: a receiver somewhere else, which may take a request and lose its reply. Delivery is at least
 * once; `change.id` is the same every time, so the receiver can tell. Usage: custom-sink POSTGRES_URL RECEIVER_URL DIRECTORY
 */
import { createStream, fileCheckpointStore, type Sink } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';

const receiverSink = (url: string): Sink => ({
  name: 'receiver',
  capabilities: { checkpoints: 'store', transactions: 'parts', schemaChanges: false, formats: [], parallelChunks: 0 },
  validate: async () => ({ items: [] }),
  open: async () => null,
  async write(batch, signal) {
    const events = Array.from(batch.changes, ({ id, table, op, after, before }) => ({
      id,
      table,
      op,
      row: after ?? before,
    }));
    if (events.length === 0) return;
    const body = JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    const response = await fetch(url, { method: 'POST', body, signal });
    // Anything but a clear yes is no: the stream delivers the batch again.
    if (!response.ok) throw new Error(`The receiver answered ${response.status}`);
  },
  rollback: async () => {},
  close: async () => {},
});

const [connection = '', receiver = '', directory = 'checkpoints'] = process.argv.slice(2);
await using stream = createStream({
  id: 'to-receiver',
  source: postgresSource({ connection }),
  sink: receiverSink(receiver),
  checkpoints: fileCheckpointStore(directory),
  // Events from now on. With 'initial' the rows that exist would come first, as changes with op 'read'.
  snapshot: 'never',
});
await stream.start();
process.stdout.write('running\n');
await new Promise((resolve) => process.once('SIGTERM', resolve));

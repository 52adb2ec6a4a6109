import type { Sink } from '@millrace/core';

/** Posts changes as JSON to a receiver, which recognises those that come again by their ids. */
export const receiverSink = (url: string): Sink => ({
  name: 'receiver',
  capabilities: { checkpoints: 'store', transactions: 'parts', schemaChanges: false, formats: [], parallelChunks: 0 },
  validate: async () => ({ items: [] }),
  open: async () => null,
  async write(batch, signal) {
    const events = Array.from(batch.changes, ({ id, table, op, before, after }) => ({ id, table, op, before, after }));
    if (events.length === 0) return;
    const body = JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    const response = await fetch(url, { method: 'POST', body, signal });
    // Anything but a clear yes is no: the stream delivers the batch again.
    if (!response.ok) throw new Error(`The receiver answered ${response.status}`);
  },
  rollback: async () => {},
  close: async () => {},
});

import type { Sink } from '../contracts/sink.ts';

/** Takes everything and keeps nothing: to measure a source alone, or to see what a stream would deliver. */
export const nullSink = ({ name = 'null' }: { readonly name?: string } = {}): Sink => ({
  name,
  capabilities: storedCapabilities,
  validate: async () => ({ items: [] }),
  open: async () => null,
  async write() {},
  async rollback() {},
  async close() {},
});

/** What a sink can do that keeps nothing: its checkpoints lie in a store, and it takes transactions as they come. */
const storedCapabilities: Sink['capabilities'] = {
  checkpoints: 'store',
  transactions: 'parts',
  schemaChanges: false,
  formats: [],
  parallelChunks: 0,
};

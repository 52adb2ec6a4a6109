import type { CheckpointStore } from '../contracts/checkpoint-store.ts';
import { type KeptCheckpoint, requireEpoch, takeEpoch } from './kept-checkpoint.ts';

/** Checkpoints that end with the process: after a restart the stream begins anew. For tests and throw-away streams. */
export const memoryCheckpointStore = (): CheckpointStore => {
  const streams = new Map<string, Map<string, KeptCheckpoint>>();
  const sinksOf = (streamId: string) => {
    const sinks = streams.get(streamId) ?? new Map<string, KeptCheckpoint>();
    streams.set(streamId, sinks);
    return sinks;
  };
  return {
    async acquire(streamId, sink, expected) {
      const sinks = sinksOf(streamId);
      const taken = takeEpoch(sinks.get(sink) ?? null, { streamId, sink, epoch: expected });
      sinks.set(sink, taken);
      return taken;
    },
    async save(checkpoint) {
      const { streamId, sink, epoch } = checkpoint;
      const sinks = sinksOf(streamId);
      requireEpoch(sinks.get(sink) ?? null, checkpoint);
      sinks.set(sink, { epoch, checkpoint });
    },
    async list(streamId) {
      return [...sinksOf(streamId).values()].flatMap(({ checkpoint }) => checkpoint ?? []);
    },
    async delete(streamId, sink) {
      const sinks = sinksOf(streamId);
      for (const [name, { epoch }] of sinks)
        if (sink === undefined || sink === name) sinks.set(name, { epoch: epoch + 1, checkpoint: null });
    },
  };
};

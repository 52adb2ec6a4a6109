import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { CheckpointStore } from '../contracts/checkpoint-store.ts';
import { fenced } from './fenced.ts';

/** Checkpoints that end with the process: after a restart the stream begins anew. For tests and throw-away streams. */
export const memoryCheckpointStore = (): CheckpointStore => {
  const streams = new Map<string, Map<string, { epoch: number; checkpoint: Checkpoint | null }>>();
  const entryOf = (streamId: string, sink: string) => streams.get(streamId)?.get(sink);
  return {
    async acquire(streamId, sink, expected) {
      const entry = entryOf(streamId, sink) ?? { epoch: 0, checkpoint: null };
      if (expected !== null && expected !== entry.epoch) throw fenced(streamId, sink);
      const epoch = entry.epoch + 1;
      const checkpoint = entry.checkpoint === null ? null : { ...entry.checkpoint, epoch };
      streams.set(streamId, (streams.get(streamId) ?? new Map()).set(sink, { epoch, checkpoint }));
      return { epoch, checkpoint };
    },
    async save(checkpoint) {
      const entry = entryOf(checkpoint.streamId, checkpoint.sink);
      if (entry?.epoch !== checkpoint.epoch) throw fenced(checkpoint.streamId, checkpoint.sink);
      entry.checkpoint = checkpoint;
    },
    async list(streamId) {
      return [...(streams.get(streamId)?.values() ?? [])].flatMap(({ checkpoint }) => checkpoint ?? []);
    },
    async delete(streamId, sink) {
      for (const [name, entry] of streams.get(streamId) ?? [])
        if (sink === undefined || sink === name)
          streams.get(streamId)?.set(name, { epoch: entry.epoch + 1, checkpoint: null });
    },
  };
};

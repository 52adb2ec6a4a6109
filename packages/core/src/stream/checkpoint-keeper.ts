import { newCheckpoint } from '../checkpoints/kept-checkpoint.ts';
import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { CheckpointStore } from '../contracts/checkpoint-store.ts';
import type { Sink, SinkContext } from '../contracts/sink.ts';
import { coreError } from '../errors/core-errors.ts';

/** Where a sink's checkpoints lie makes no difference to the stream. */
export interface CheckpointKeeper {
  /**
   * Opens the sink with the next epoch, or with `context.epoch` as the one it must still hold. `onEpoch` is told as
   * soon as it is taken: what fails afterwards must not be fenced by itself.
   */
  open(context: SinkContext, onEpoch: (epoch: number) => void): Promise<Checkpoint>;
  /** Saves one without rows. */
  save(checkpoint: Checkpoint, signal: AbortSignal): Promise<void>;
  /** After the rows of a group: saves what the sink did not commit with them. */
  afterWrite(checkpoint: Checkpoint): Promise<void> | void;
  /** Without taking an epoch. */
  read(signal: AbortSignal): Promise<Checkpoint | null>;
  delete(signal: AbortSignal): Promise<void>;
}

export const checkpointKeeper = (streamId: string, sink: Sink, store: CheckpointStore | undefined): CheckpointKeeper =>
  store !== undefined && sink.capabilities.checkpoints === 'store'
    ? keptInStore(streamId, sink, store)
    : keptBySink(streamId, sink);

const keptBySink = (streamId: string, sink: Sink): CheckpointKeeper => {
  const required = <T>(method: T | undefined, name: string): T => {
    if (method === undefined)
      throw coreError('CONNECTOR_INVALID', `The sink ${sink.name} keeps its own checkpoints but has no ${name}`);
    return method;
  };
  return {
    async open(context, onEpoch) {
      const checkpoint = await sink.open(context);
      if (checkpoint === null)
        throw coreError('CONNECTOR_INVALID', `The sink ${sink.name} keeps its own checkpoints but returned none`);
      onEpoch(checkpoint.epoch);
      return checkpoint;
    },
    save: (checkpoint, signal) => required(sink.saveCheckpoint, 'saveCheckpoint').call(sink, checkpoint, signal),
    afterWrite() {},
    read: (signal) => required(sink.readCheckpoint, 'readCheckpoint').call(sink, streamId, signal),
    delete: (signal) => required(sink.deleteCheckpoint, 'deleteCheckpoint').call(sink, streamId, signal),
  };
};

const keptInStore = (streamId: string, sink: Sink, store: CheckpointStore): CheckpointKeeper => ({
  async open(context, onEpoch) {
    const { epoch, checkpoint } = await store.acquire(streamId, sink.name, context.epoch);
    onEpoch(epoch);
    await sink.open({ ...context, epoch });
    return checkpoint ?? newCheckpoint(streamId, sink.name, epoch);
  },
  save: (checkpoint) => store.save(checkpoint),
  afterWrite: (checkpoint) => store.save(checkpoint),
  async read() {
    return (await store.list(streamId)).find((checkpoint) => checkpoint.sink === sink.name) ?? null;
  },
  delete: () => store.delete(streamId, sink.name),
});

import { setTimeout } from 'node:timers/promises';
import type { Checkpoint, Sink, SinkBatch, SinkContext } from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemorySink, memoryCapabilities } from './memory-sink.test-support.ts';
import type { Tables } from './memory-target.test-support.ts';
import type { SinkWorld } from './sink-world.ts';
import { wrong } from './wrong-sink.test-support.ts';

const capable = (parts: Partial<Sink['capabilities']>) => ({ ...memoryCapabilities, ...parts });

/** Writes rows first, and then the checkpoint. */
class RowsFirst extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    const { streamId } = await this.during(signal);
    await super.write({ ...batch, checkpoint: batch.checkpoint && this.checkpointOf(streamId) } as SinkBatch, signal);
    await setTimeout(2);
    await this.target.answer(signal);
    if (batch.checkpoint !== null) this.commit(this.target.tables, batch.checkpoint);
  }
}

class Behind extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    await this.during(signal);
    setImmediate(() => void super.write(batch, signal).catch(() => {}));
  }
}

class OnlyWithRows extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    if (batch.changes.length > 0) await super.write(batch, signal);
  }
}

class Forgetful extends MemorySink {
  override commit(tables: Tables, checkpoint: Checkpoint) {
    super.commit(tables, { ...checkpoint, partial: null });
  }
}

class Reading extends MemorySink {
  override async readCheckpoint(streamId: string, signal: AbortSignal) {
    const found = await super.readCheckpoint(streamId, signal);
    if (found !== null) this.target.epochs.set(this.id(streamId), found.epoch + 1);
    return found;
  }
}

class Unfenced extends MemorySink {
  override commit(tables: Tables, checkpoint: Checkpoint) {
    this.target.tables = tables;
    this.target.checkpoints.set(this.id(checkpoint.streamId), checkpoint);
  }

  override async write(batch: SinkBatch, signal: AbortSignal) {
    const { streamId } = await this.during(signal);
    const id = this.id(streamId);
    const current = this.target.epochs.get(id) ?? 0;
    this.target.epochs.set(id, this.epoch);
    await super.write(batch, signal);
    this.target.epochs.set(id, current);
  }
}

class Reconnecting extends MemorySink {
  override open(context: SinkContext) {
    return super.open({ ...context, epoch: null });
  }
}

class SameEpoch extends MemorySink {
  override async open(context: SinkContext) {
    const id = this.id(context.streamId);
    if (context.epoch !== null) this.target.epochs.set(id, context.epoch - 1);
    return super.open(context.epoch === null ? context : { ...context, epoch: context.epoch - 1 });
  }
}

class DeletingAll extends MemorySink {
  override async deleteCheckpoint(streamId: string, signal: AbortSignal) {
    await super.deleteCheckpoint(streamId, signal);
    this.target.checkpoints.clear();
  }
}

class OneEpoch extends MemorySink {
  override id() {
    return 'always the same';
  }
}

class DeletingEpochs extends MemorySink {
  override async deleteCheckpoint(streamId: string, signal: AbortSignal) {
    const id = this.id(streamId);
    const epoch = this.target.epochs.get(id) ?? 0;
    await super.deleteCheckpoint(streamId, signal);
    this.target.epochs.set(id, epoch);
  }
}

class ReturningCheckpoints extends MemorySink {
  override readonly capabilities = capable({ checkpoints: 'store' });

  override open(context: SinkContext) {
    return super.open({ ...context, epoch: null });
  }
}

const durable = 'has rows and checkpoint durable when `write` resolves';
const together = 'commits rows and checkpoint together, wherever a write is aborted';
const oldEpoch = 'writes nothing under an old epoch';
const first = 'has a checkpoint without a position at first, and another epoch at every open';
const reconnect = 'lets a reconnect take the next epoch only while its own is current';
const forgets = 'forgets its checkpoint, and lets nobody write with it';
const apart = 'keeps streams apart that write to one table';
const everything = 'keeps every part of a checkpoint, and reads it without taking an epoch';

export const checkpointMutants: readonly Mutant<SinkWorld>[] = [
  wrong(
    'has checkpoints that are kept in a store',
    ['leaves checkpoints to the store, where it keeps none'],
    ReturningCheckpoints,
  ),
  wrong('resolves before it has written', [durable], Behind),
  wrong('moves its checkpoint with rows only', ['moves the checkpoint with a position alone'], OnlyWithRows),
  wrong('writes rows first and the checkpoint then', [together], RowsFirst),
  wrong('forgets a part of the checkpoint', [everything], Forgetful),
  wrong('takes an epoch to read', [everything], Reading),
  wrong('looks at no epoch', [oldEpoch, forgets], Unfenced),
  wrong('fences no reconnect', [oldEpoch, reconnect], Reconnecting),
  wrong('keeps its epoch when it reconnects', [first], SameEpoch),
  wrong('forgets all checkpoints with one', [apart], DeletingAll),
  wrong('has one epoch for all streams', [apart], OneEpoch),
  wrong('forgets no epoch with a checkpoint', [forgets], DeletingEpochs),
];

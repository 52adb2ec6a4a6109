import { setTimeout } from 'node:timers/promises';
import {
  type Change,
  type Checkpoint,
  type Chunk,
  qualifiedName,
  type Relation,
  type RowImage,
  type Sink,
  type SinkBatch,
  type SinkContext,
  type TableEvolution,
} from '@millrace/core';
import { describeMutants, type Mutant } from '../mutants.test-support.ts';
import { sinkSuite } from './describe-sink.ts';
import {
  MemorySink,
  MemoryTarget,
  memoryCapabilities,
  type Tables,
  textsOf,
  WholeMemorySink,
  worldOf,
} from './memory-target.test-support.ts';
import type { SinkWorld, TargetRow } from './sink-world.ts';

const wrong = (
  name: string,
  caughtBy: Mutant<SinkWorld>['caughtBy'],
  Wrong: new (target: MemoryTarget) => Sink,
): Mutant<SinkWorld> => ({
  name,
  caughtBy,
  world: () => {
    const target = new MemoryTarget();
    return worldOf(target, () => new Wrong(target));
  },
});

const { signal: never } = new AbortController();
const capable = (parts: Partial<Sink['capabilities']>) => ({ ...memoryCapabilities, ...parts });

/** Applies something else than what it gets. */
const applying = (change: (batch: SinkBatch) => readonly Change[]) =>
  class extends MemorySink {
    override write(batch: SinkBatch, signal: AbortSignal) {
      return super.write({ ...batch, changes: change(batch) } as SinkBatch, signal);
    }
  };

/** Keeps what it was given as it is, and reads it when somebody looks. */
class Lazy extends MemorySink {
  readonly batches: SinkBatch[] = [];

  override async write(batch: SinkBatch, signal: AbortSignal) {
    await this.during(signal);
    this.batches.push(batch);
    const { target } = this;
    target.rows = (relation) => {
      const tables: Tables = new Map();
      for (const one of this.batches) for (const change of one.changes) void this.apply(tables, change, false, never);
      return [...(tables.get(qualifiedName(relation))?.values() ?? [])];
    };
  }
}

class NullForUnchanged extends MemorySink {
  override async apply(tables: Tables, change: Change, isAhead: boolean, signal: AbortSignal) {
    const through = await super.apply(tables, change, isAhead, signal);
    const { after } = change.image;
    for (const row of this.rowsOf(tables, change.table).values())
      for (const [column, { name }] of change.relation.columns.entries())
        if (row.id === after?.text(0) && after?.state(column) === 'unchanged') row[name] = null;
    return through;
  }
}

/** Changes the texts of what it writes. */
const writing = (change: (text: string | null) => string | null) =>
  class extends MemorySink {
    override commit(tables: Tables, checkpoint: Checkpoint) {
      for (const rows of tables.values())
        for (const row of rows.values()) for (const [name, text] of Object.entries(row)) row[name] = change(text);
      super.commit(tables, checkpoint);
    }
  };

class Skipping extends MemorySink {
  override async apply(tables: Tables, change: Change, isAhead: boolean, signal: AbortSignal) {
    return super.apply(tables, change, isAhead, signal).catch(() => null);
  }
}

/** Commits what comes before a change that it cannot write. */
class Half extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    const changes = [...batch.changes];
    for (let count = 1; count <= changes.length; count++) {
      const part = { ...batch, changes: changes.slice(0, count) } as SinkBatch;
      if (count === changes.length) return super.write(part, signal);
      const checkpoint = this.checkpointOf(this.context?.streamId ?? '');
      if (batch.position !== null) await super.write({ ...part, checkpoint } as SinkBatch, signal);
    }
    return super.write(batch, signal);
  }
}

class Telling extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    const changes = Array.from(batch.changes, ({ image }) => image.after?.toObject());
    await super.write(batch, signal).catch((cause) => {
      throw new Error(`Could not write ${Object.values(changes.at(-1) ?? {})}`, { cause });
    });
  }
}

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

class DeletingEpochs extends MemorySink {
  override async deleteCheckpoint(streamId: string, signal: AbortSignal) {
    const id = this.id(streamId);
    const epoch = this.target.epochs.get(id) ?? 0;
    await super.deleteCheckpoint(streamId, signal);
    this.target.epochs.set(id, epoch);
  }
}

class ShowingParts extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    await super.write(batch, signal);
    if (this.working !== null) this.target.tables = this.working;
  }
}

class DroppingParts extends MemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    if (batch.position !== null) this.working = null;
    await super.write(batch, signal);
  }
}

class LastPartOnly extends WholeMemorySink {
  override async write(batch: SinkBatch, signal: AbortSignal) {
    if (batch.position !== null) await super.write(batch, signal);
  }
}

class KeepingParts extends MemorySink {
  override async rollback() {}
}

/** Its parts lie at the target. */
class StagingParts extends MemorySink {
  static readonly staged = new WeakMap<MemoryTarget, Tables>();

  override async write(batch: SinkBatch, signal: AbortSignal) {
    this.working = StagingParts.staged.get(this.target) ?? null;
    await super.write(batch, signal);
    if (this.working === null) StagingParts.staged.delete(this.target);
    else StagingParts.staged.set(this.target, this.working);
  }
}

class WithoutEvolve extends MemorySink {
  override readonly capabilities = capable({ schemaChanges: true });
  override readonly evolve = undefined as never;
}

class ValidatingByOpening extends MemorySink {
  override async validate(context: SinkContext) {
    await this.open(context);
    await this.close();
    return { items: [] };
  }
}

/** Waits for its target, whatever is aborted. */
class Deaf extends MemorySink {
  override async write(batch: SinkBatch) {
    await this.target.answer(this.closing.signal);
    await super.write(batch, never);
  }
}

class HangingWhenAborted extends MemorySink {
  override async open(context: SinkContext) {
    if (context.signal.aborted) await new Promise(() => {});
    return super.open(context);
  }
}

class ClosingLate extends MemorySink {
  #writing: Promise<unknown> = Promise.resolve();

  override write(batch: SinkBatch, signal: AbortSignal) {
    const writing = super.write(batch, signal);
    this.#writing = writing.catch(() => {});
    return writing;
  }

  override async close() {
    await this.#writing;
    await super.close();
  }
}

class ClosingOnce extends MemorySink {
  #closed = false;

  override async close() {
    if (this.#closed) throw new Error('The sink is closed already');
    this.#closed = true;
    await super.close();
  }

  override async open(context: SinkContext) {
    this.#closed = false;
    const opened = await super.open(context);
    this.#closed = false;
    return opened;
  }
}

class ForgettingProgress extends MemorySink {
  override async writeChunk(chunk: Chunk, signal: AbortSignal) {
    const id = this.id(this.context?.streamId ?? '');
    const before = this.target.checkpoints.get(id);
    await super.writeChunk(chunk, signal);
    if (before !== undefined) this.target.checkpoints.set(id, { ...before, epoch: this.epoch });
  }
}

class KeepingEarlierRows extends MemorySink {
  override async writeChunk(chunk: Chunk, signal: AbortSignal) {
    const there = new Set(this.target.rows(chunk.relation).map(({ id }) => id));
    const rows = [...chunk.rows].filter((row) => !there.has(row.text(0)));
    await super.writeChunk({ ...chunk, rows }, signal);
  }
}

/** Saves what it had read before the others did. */
class RacingChunks extends MemorySink {
  override async writeChunk(chunk: Chunk, signal: AbortSignal) {
    const { table, range } = chunk.progress;
    const before = this.checkpointOf(this.context?.streamId ?? '');
    await super.writeChunk(chunk, signal);
    const known = before.tables[table];
    const ranges = known?.ranges.map((one) => (one.range.from === range.from ? chunk.progress : one)) ?? [];
    const tables = known === undefined ? {} : { [table]: { ...known, ranges } };
    this.commit(this.target.tables, { ...before, tables });
  }
}

class UnfencedChunks extends MemorySink {
  override async writeChunk({ relation, rows }: Chunk, signal: AbortSignal) {
    await this.during(signal);
    for (const row of rows)
      this.rowsOf(this.target.tables, qualifiedName(relation)).set(row.text(0) ?? '', textsOf(row));
  }
}

class KeepingCopies extends MemorySink {
  override async discardCopy(relation: Relation, signal: AbortSignal) {
    const rows = this.target.tables.get(qualifiedName(relation));
    await super.discardCopy(relation, signal);
    if (rows !== undefined) this.target.tables.set(qualifiedName(relation), rows);
  }
}

class KeepingProgress extends MemorySink {
  override async discardCopy(relation: Relation, signal: AbortSignal) {
    await this.during(signal);
    this.target.tables.delete(qualifiedName(relation));
  }
}

class WithoutReading extends MemorySink {
  override async readAgain() {
    return null;
  }
}

class WithoutRaising extends MemorySink {
  override async readAgain(rows: Map<string, TargetRow>, change: Change, key: RowImage, signal: AbortSignal) {
    await super.readAgain(rows, change, key, signal);
    return null;
  }
}

/** Makes the row at a new key of the one at the old key, which may be another by now. */
class OldRowAsDonor extends MemorySink {
  override apply(tables: Tables, change: Change, _isAhead: boolean, signal: AbortSignal) {
    const { before, after } = change.image;
    const isAhead = before === null || after === null;
    return super.apply(tables, change, isAhead, signal);
  }
}

class KeepingColumns extends MemorySink {
  override change(tables: Tables, evolution: TableEvolution) {
    super.change(tables, { ...evolution, steps: evolution.steps.filter(({ kind }) => kind === 'drop-column') });
  }
}

/** Cannot do what is done already. */
class AddingTwice extends MemorySink {
  override change(tables: Tables, evolution: TableEvolution) {
    const rows = [...this.rowsOf(tables, qualifiedName(evolution.relation)).values()];
    for (const step of evolution.steps)
      if (step.kind === 'add-column') for (const row of rows) row[step.column.name] = step.fill;
    super.change(tables, evolution);
  }
}

class LeavingSide extends MemorySink {
  override async mergeSide(checkpoint: Checkpoint, side: Checkpoint, signal: AbortSignal) {
    await super.mergeSide(checkpoint, side, signal);
    this.target.checkpoints.set(this.id(side.streamId, side.sink), side);
  }
}

class MergingAnything extends MemorySink {
  override async mergeSide(checkpoint: Checkpoint, side: Checkpoint, signal: AbortSignal) {
    await this.during(signal);
    this.commit(this.target.tables, checkpoint);
    this.target.checkpoints.delete(this.id(side.streamId, side.sink));
  }
}

class ReturningCheckpoints extends MemorySink {
  override readonly capabilities = capable({ checkpoints: 'store' });

  override open(context: SinkContext) {
    return super.open({ ...context, epoch: null });
  }
}

class WithoutRowsOfCopies extends MemorySink {
  override readonly writeChunk = undefined as never;
  override readonly side = undefined as never;

  override write(batch: SinkBatch, signal: AbortSignal) {
    const changes = [...batch.changes].filter(({ op }) => op !== 'read');
    return super.write({ ...batch, changes } as SinkBatch, signal);
  }
}

const order = 'applies changes in the order of the log';
const values = 'writes values exactly';
const refusal = 'refuses a value that it cannot write with all of its group, and does not say it';
const durable = 'has rows and checkpoint durable when `write` resolves';
const together = 'commits rows and checkpoint together, wherever a write is aborted';
const oldEpoch = 'writes nothing under an old epoch';
const first = 'has a checkpoint without a position at first, and another epoch at every open';
const reconnect = 'lets a reconnect take the next epoch only while its own is current';
const forgets = 'forgets the checkpoint of one stream, and lets nobody write with it';
const parts = 'has all of a transaction that comes in parts';
const everything = 'keeps every part of a checkpoint, and reads it without taking an epoch';
const chunks = 'keeps the rows of chunks, and how far their ranges are';
const discards = 'discards a copy with its progress';
const replays = 'replays changes over rows that are ahead of them, and reads again what it misses';
const columns = 'changes columns before the rows that come with it';
const moved = 'merges no side stream that has moved, and changes nothing then';

describeMutants(sinkSuite, [
  wrong(
    'reorders',
    [order],
    applying(({ changes }) => [...changes].reverse()),
  ),
  wrong(
    'applies the last change of a row',
    ['keeps what an update leaves out'],
    applying(({ changes }) => {
      const last = new Map(Array.from(changes, (change) => [JSON.stringify(change.after?.id ?? change.id), change]));
      return [...last.values()];
    }),
  ),
  wrong('takes unchanged for NULL', ['keeps what an update leaves out'], NullForUnchanged),
  wrong(
    'takes NULL for the empty text',
    [values],
    writing((text) => text ?? ''),
  ),
  wrong(
    'takes the empty text for NULL',
    [values],
    writing((text) => (text === '' ? null : text)),
  ),
  wrong(
    'writes numbers as doubles',
    [values],
    writing((text) => {
      return text !== null && /^-?\d+$/.test(text) ? String(BigInt(Number(text))) : text;
    }),
  ),
  wrong(
    'does not escape',
    [values],
    writing((text) => text?.replaceAll('\\', '') ?? null),
  ),
  wrong(
    'writes one byte for a character',
    [values],
    writing((text) => {
      return text === null ? null : Buffer.from(text, 'latin1').toString('latin1');
    }),
  ),
  wrong(
    'leaves the row at the old key',
    ['moves a row whose key changes'],
    applying(({ changes }) =>
      Array.from(changes, (change) => {
        return change.op === 'update' && change.image.before !== null
          ? ({
              ...change,
              image: { ...change.image, before: null },
              op: 'update',
              relation: change.relation,
              table: change.table,
            } as Change)
          : change;
      }),
    ),
  ),
  wrong(
    'truncates last',
    ['removes every row with a truncate, and none that comes behind it'],
    applying(({ changes }) => {
      return [...changes].sort((a, b) => Number(a.op === 'truncate') - Number(b.op === 'truncate'));
    }),
  ),
  wrong(
    'does not truncate',
    ['removes every row with a truncate, and none that comes behind it'],
    applying(({ changes }) => {
      return [...changes].filter(({ op }) => op !== 'truncate');
    }),
  ),
  wrong('keeps rows without a copy', ['keeps no row of a batch that is done'], Lazy),
  wrong('takes no rows of copies', ['takes the rows of a copy as changes'], WithoutRowsOfCopies),
  wrong('leaves out what it cannot write', [refusal], Skipping),
  wrong('commits half of a group', [refusal], Half),
  wrong('says the values of rows', [refusal], Telling),
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
  wrong('forgets all checkpoints with one', [forgets], DeletingAll),
  wrong('forgets no epoch with a checkpoint', [forgets], DeletingEpochs),
  wrong('shows parts', ['shows nothing of a transaction before its last part'], ShowingParts),
  wrong('drops the parts before the last', [parts, { name: parts, fault: 'rejected' }], DroppingParts),
  wrong('writes the last part of a whole', [parts], LastPartOnly),
  wrong('forgets a rollback', ['gives parts up on `rollback`, and otherwise does nothing'], KeepingParts),
  wrong('goes on with the parts of another', ['gives parts up that an earlier connection has left open'], StagingParts),
  wrong('has not what it says it can', ['has the methods that go with its capabilities'], WithoutEvolve),
  wrong(
    'validates by opening',
    ['finds nothing wrong with a target that is ready, and makes nothing there'],
    ValidatingByOpening,
  ),
  wrong('hangs when it is aborted', ['ends what was aborted before it began'], HangingWhenAborted),
  wrong('ignores abort', ['ends a write that hangs within a second of its signal'], Deaf),
  wrong('waits for its writes to close', ['closes while a write hangs'], ClosingLate),
  wrong('closes once', ['closes in any state, more than once, and opens again'], ClosingOnce),
  wrong('forgets the progress of chunks', [chunks], ForgettingProgress),
  wrong('keeps the earlier row of two', [chunks], KeepingEarlierRows),
  wrong('lets chunks overwrite the progress of others', ['takes several chunks at once'], RacingChunks),
  wrong('looks at no epoch for chunks', ['writes no chunk under an old epoch'], UnfencedChunks),
  wrong('discards no rows', [discards], KeepingCopies),
  wrong('discards no progress', [discards], KeepingProgress),
  wrong('reads nothing again', [replays], WithoutReading),
  wrong('does not say how far it must catch up', [replays], WithoutRaising),
  wrong('makes a row of the one at its old key', [replays], OldRowAsDonor),
  wrong('does not change columns', [columns, 'changes columns between two writes'], KeepingColumns),
  wrong('fills a column again', [columns], AddingTwice),
  wrong('leaves the checkpoint of a side', ['merges a side stream in one transaction'], LeavingSide),
  wrong('merges a side wherever it is', [moved], MergingAnything),
]);

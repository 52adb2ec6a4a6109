import {
  type Change,
  type Checkpoint,
  type Chunk,
  qualifiedName,
  type Relation,
  type RowImage,
  type SinkBatch,
  type TableEvolution,
} from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemorySink, textsOf } from './memory-sink.test-support.ts';
import type { Tables } from './memory-target.test-support.ts';
import type { SinkWorld, TargetRow } from './sink-world.ts';
import { wrong } from './wrong-sink.test-support.ts';

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

class TakingOlder extends MemorySink {
  override write(batch: SinkBatch, signal: AbortSignal) {
    return super.write({ ...batch, outdated: new Set() }, signal);
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

const chunks = 'keeps the rows of chunks, and how far their ranges are';
const discards = 'discards a copy with its progress';
const replays = 'replays changes over rows that are ahead of them, and reads again what it misses';
const columns = 'changes columns before the rows that come with it';
const moved = 'merges no side stream that has moved, and changes nothing then';

export const copyMutants: readonly Mutant<SinkWorld>[] = [
  wrong('forgets the progress of chunks', [chunks], ForgettingProgress),
  wrong('keeps the earlier row of two', [chunks], KeepingEarlierRows),
  wrong('lets chunks overwrite the progress of others', ['takes several chunks at once'], RacingChunks),
  wrong('looks at no epoch for chunks', ['writes no chunk under an old epoch'], UnfencedChunks),
  wrong('discards no rows', [discards], KeepingCopies),
  wrong('discards no progress', [discards], KeepingProgress),
  wrong('reads nothing again', [replays], WithoutReading),
  wrong('takes what an older shape says for the whole row', [replays], TakingOlder),
  wrong('does not say how far it must catch up', [replays], WithoutRaising),
  wrong('makes a row of the one at its old key', [replays], OldRowAsDonor),
  wrong('does not change columns', [columns, 'changes columns between two writes'], KeepingColumns),
  wrong('fills a column again', [columns], AddingTwice),
  wrong('leaves the checkpoint of a side', ['merges a side stream in one transaction'], LeavingSide),
  wrong('merges a side wherever it is', [moved], MergingAnything),
];

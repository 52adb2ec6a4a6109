import { type Change, createChange, decodedRow, type SinkBatch } from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemorySink } from './memory-sink.test-support.ts';
import type { Tables } from './memory-target.test-support.ts';
import type { SinkWorld } from './sink-world.ts';
import { wrong } from './wrong-sink.test-support.ts';

/** Loses what an update leaves out, where the row moves. */
class LosingWhatMovedRowsLeaveOut extends MemorySink {
  override async apply(tables: Tables, change: Change, isAhead: boolean, signal: AbortSignal) {
    const { image, relation, op } = change;
    const isMoved = op === 'update' && image.before !== null && image.after !== null;
    if (!isMoved) return super.apply(tables, change, isAhead, signal);
    const said = image.after?.toObject() ?? {};
    const nulls = Object.fromEntries(relation.columns.map(({ name }) => [name, null]));
    const after = decodedRow(relation, { ...nulls, ...said });
    return super.apply(tables, createChange({ ...change, ...image, after }), isAhead, signal);
  }
}

/** Leaves out an update that says one column only. */
class LosingSmallUpdates extends MemorySink {
  override write(batch: SinkBatch, signal: AbortSignal) {
    const isSmall = ({ op, image: { after } }: Change) =>
      op === 'update' && Object.keys(after?.toObject() ?? {}).length < 3;
    const changes = [...(batch.changes as Iterable<Change>)].filter((change) => !isSmall(change));
    return super.write({ ...batch, changes } as SinkBatch, signal);
  }
}

class MovingLast extends MemorySink {
  override write(batch: SinkBatch, signal: AbortSignal) {
    const all = [...(batch.changes as Iterable<Change>)];
    const isMove = ({ op, image }: Change) => op === 'update' && image.before !== null;
    const changes = [...all.filter((change) => !isMove(change)), ...all.filter(isMove)];
    return super.write({ ...batch, changes } as SinkBatch, signal);
  }
}

const rows = 'has the rows of random workloads after every group';

export const workloadMutants: readonly Mutant<SinkWorld>[] = [
  wrong('loses what a row leaves out that moves', [rows], LosingWhatMovedRowsLeaveOut),
  wrong('loses updates that say little', [rows, { name: rows, fault: 'reply-lost' }], LosingSmallUpdates),
  wrong('moves rows last', [rows], MovingLast),
];

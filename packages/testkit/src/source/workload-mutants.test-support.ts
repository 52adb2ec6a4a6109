import { type Change, type ChangeBatch, changeBatch, createChange } from '@millrace/core';
import type { Mutant } from '../mutants.test-support.ts';
import { MemorySource } from './memory-source.test-support.ts';
import type { SourceWorld } from './source-world.ts';
import { wrong } from './wrong-source.test-support.ts';

/** Delivers other changes, or the same in another order, as if they were in its log so. */
const delivering = (change: (changes: readonly Change[]) => readonly Change[]) =>
  class extends MemorySource {
    override async *batches(after: number, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
      for await (const batch of super.batches(after, signal)) {
        const changes = change([...batch.changes] as Change[]).map((one, sequence) => {
          const { op, table, relation, transaction, image } = one;
          return createChange({ op, table, relation, transaction, sequence, ...image });
        });
        const { position } = batch;
        yield changeBatch(changes, position === null ? { position, transaction: batch.transaction } : { position });
      }
    }
  };

/** Its own place in the log, and not the one it was given. */
class FromItsOwnPlace extends MemorySource {
  static readonly places = new WeakMap<object, number>();

  override async *batches(after: number, signal: AbortSignal) {
    const { places } = FromItsOwnPlace;
    for await (const batch of super.batches(places.get(this.origin) ?? after, signal)) {
      if (batch.position !== null) places.set(this.origin, Number(batch.position));
      yield batch;
    }
  }
}

const rows = 'delivers the rows of random workloads after every transaction';
const restart = 'delivers the rows of random workloads over a restart from a checkpoint in their middle';

export const workloadMutants: readonly Mutant<SourceWorld>[] = [
  wrong(
    'delivers inserts first',
    [rows],
    delivering((changes) => [...changes].sort((a, b) => Number(b.op === 'insert') - Number(a.op === 'insert'))),
  ),
  wrong(
    'leaves out an insert behind a delete',
    [rows],
    delivering((changes) => {
      const all = [...changes];
      return all.filter(
        ({ op, table }, at) => op !== 'insert' || all[at - 1]?.op !== 'delete' || all[at - 1]?.table !== table,
      );
    }),
  ),
  wrong('goes on from its own place', [restart], FromItsOwnPlace),
];

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Checkpoint, qualifiedName, type Relation, type Sink } from '@millrace/core';
import { workRelations } from '../workload/relations.test-support.ts';
import type { SinkWorld, TargetRow } from './sink-world.ts';

/** Those with a key. */
const otherRelations = workRelations.filter(({ key }) => key !== null);

/** Rows by key, of tables by name. */
export type Tables = Map<string, Map<string, Record<string, string | null>>>;

/** A target in memory: rows, checkpoints and the epochs of all streams. */
export class MemoryTarget {
  tables: Tables = new Map();
  readonly checkpoints = new Map<string, Checkpoint>();
  readonly epochs = new Map<string, number>();
  #stalled: Promise<void> | null = null;

  rows(relation: Relation): readonly TargetRow[] {
    return [...(this.tables.get(qualifiedName(relation))?.values() ?? [])].map((row) => ({ ...row }));
  }

  stall(): AsyncDisposable {
    let release = () => {};
    this.#stalled = new Promise((resolve) => {
      release = resolve;
    });
    return {
      [Symbol.asyncDispose]: async () => {
        this.#stalled = null;
        release();
      },
    };
  }

  /** What every call waits for; ends with the signal. */
  async answer(signal: AbortSignal): Promise<void> {
    await nextTurn();
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (this.#stalled !== null) await Promise.race([this.#stalled, aborted]);
    await nextTurn();
    signal.throwIfAborted();
  }
}

export const worldOf = (target: MemoryTarget, connect: () => Sink): SinkWorld => ({
  connect,
  rows: async (relation) => target.rows(relation),
  relations: otherRelations,
  stall: async () => target.stall(),
});

import { noValue } from '@millrace/core';
import type { WrittenColumn, WrittenPlan } from '../target/written-plan.ts';
import { KeyFold } from './key-fold.ts';
import type { RowReader } from './row-reader.ts';

/** What is written together, or the one change that is written by itself. */
export type TableStep =
  | { readonly kind: 'inserts'; readonly changes: number[] }
  | { readonly kind: 'fold'; readonly fold: KeyFold; readonly wire: 'text' | 'binary' }
  | { readonly kind: 'single'; readonly change: number };

/** The changes of one table, in steps that have to be carried out in their order. */
export class TableChanges<P extends WrittenPlan = WrittenPlan> {
  readonly plan: P;
  readonly steps: TableStep[] = [];
  readonly #reader: RowReader;
  readonly #key: readonly WrittenColumn[];
  readonly #mayFoldUpdates: boolean;

  constructor(plan: P, reader: RowReader) {
    this.plan = plan;
    this.#reader = reader;
    this.#key = plan.foldable ? (plan.key ?? []) : [];
    // Such a column cannot be set, so that some updates have to move the row.
    this.#mayFoldUpdates = !plan.written.some(({ always }) => always);
  }

  insert(change: number): void {
    const current = this.steps.at(-1);
    if (current?.kind === 'inserts') {
      current.changes.push(change);
      return;
    }
    if (current?.kind === 'fold') {
      const key = this.#keyOf(change, 'after');
      if (key !== null && this.#reader.places.wire === current.wire && current.fold.insert(key, change)) return;
    }
    // Without any other change there is no need to know the keys.
    this.steps.push({ kind: 'inserts', changes: [change] });
  }

  update(change: number): void {
    const key = this.#mayFoldUpdates ? this.#unchangedKey(change) : null;
    if (key === null) {
      this.steps.push({ kind: 'single', change });
      return;
    }
    const { starts, wire } = this.#reader.places;
    const isComplete = this.plan.written.every(({ index }) => (starts[index] ?? noValue.absent) >= noValue.null);
    if (this.#fold(wire)?.update(key, change, isComplete) !== true) this.#begin(wire).update(key, change, isComplete);
  }

  delete(change: number): void {
    const key = this.#keyOf(change, 'before');
    if (key === null) {
      this.steps.push({ kind: 'single', change });
      return;
    }
    const { wire } = this.#reader.places;
    if (this.#fold(wire)?.delete(key, change) !== true) this.#begin(wire).delete(key, change);
  }

  #begin(wire: 'text' | 'binary'): KeyFold {
    const fold = new KeyFold();
    this.steps.push({ kind: 'fold', fold, wire });
    return fold;
  }

  /** The fold that the next change may join, if there is one. Inserts become one. */
  #fold(wire: 'text' | 'binary'): KeyFold | null {
    const current = this.steps.at(-1);
    if (current?.kind === 'fold') return current.wire === wire ? current.fold : null;
    if (current?.kind !== 'inserts') return null;
    const fold = new KeyFold();
    for (const change of current.changes) {
      const key = this.#keyOf(change, 'after');
      if (key === null || this.#reader.places.wire !== wire || !fold.insert(key, change)) return null;
    }
    this.steps[this.steps.length - 1] = { kind: 'fold', fold, wire };
    return fold;
  }

  /** Of an update that leaves its key alone, the row after it being read last. */
  #unchangedKey(change: number): string | null {
    const before = this.#reader.changes.hasBefore(change) ? this.#keyOf(change, 'before') : null;
    const after = this.#keyOf(change, 'after');
    return before === null || before === after ? after : null;
  }

  /** Equal exactly for equal keys in the same form; `null`: the change does not say it, or keys say nothing here. */
  #keyOf(change: number, image: 'before' | 'after'): string | null {
    if (this.#key.length === 0) return null;
    this.#reader.read(change, image);
    const { bytes, starts, ends } = this.#reader.places;
    let text = '';
    for (const { index } of this.#key) {
      const start = starts[index] ?? noValue.absent;
      const end = ends[index] ?? 0;
      if (start < 0) return null;
      const value = bytes.toString('latin1', start, end);
      text = this.#key.length === 1 ? value : `${text}${end - start}:${value}`;
    }
    return text;
  }
}

import type { Checkpoint, RangeProgress } from '../../contracts/checkpoint.ts';
import type { Chunk } from '../../contracts/source.ts';
import type { Change } from '../../model/change.ts';
import type { RowImage } from '../../model/row-image.ts';
import { type ModelRow, type ModelTable, rowOf, textOf } from './model-rows.test-support.ts';

/** The target is not as it has to be. */
export class Violation extends Error {}

/** Tables of a target, with the constraints they have before the handover and after it: id and label are unique. */
export class TargetTables {
  readonly #tables: Map<string, ModelTable>;
  /** Which of them were asked for. */
  readonly used = new Set<string>();

  constructor(tables: ReadonlyMap<string, ModelTable> = new Map()) {
    this.#tables = new Map([...tables].map(([name, rows]) => [name, new Map(rows)]));
  }

  copy(): TargetTables {
    return new TargetTables(this.#tables);
  }

  rows(table: string): ModelTable {
    this.used.add(table);
    let rows = this.#tables.get(table);
    if (rows === undefined) {
      rows = new Map();
      this.#tables.set(table, rows);
    }
    return rows;
  }

  /** Takes over what was made of a copy, but for tables that it did not touch. */
  take(work: TargetTables): void {
    for (const table of work.used) this.#tables.set(table, work.rows(table));
  }

  text(table: string): string {
    return textOf(this.rows(table));
  }

  /** Rows that have its label give way. */
  displacing(table: string, row: ModelRow): void {
    const rows = this.rows(table);
    for (const other of [...rows.values()])
      if (other.id !== row.id && other.label !== null && other.label === row.label) rows.delete(other.id);
    rows.set(row.id, row);
  }

  /** As a unique index has it. */
  strictly(table: string, row: ModelRow): void {
    for (const other of this.rows(table).values())
      if (other.id !== row.id && other.label !== null && other.label === row.label)
        throw new Violation(`${table}: ${row.id} and ${other.id} have one label`);
    this.rows(table).set(row.id, row);
  }
}

/** A row with the values that an image says, and those of `base` where it says none. */
export const merged = (base: ModelRow | undefined, image: RowImage): ModelRow => ({
  ...(base ?? { id: 0, label: null, count: 0, text: -1 }),
  ...(image.toObject() as Partial<ModelRow>),
});

/** What a live table takes: every change meets exactly what it expects. */
export const applyStrictly = (work: TargetTables, change: Change): void => {
  const { table, image } = change;
  const rows = work.rows(table);
  if (change.op === 'truncate') rows.clear();
  const former = image.before === null ? null : rowOf(image.before).id;
  if (change.op === 'delete' && (former === null || !rows.delete(former)))
    throw new Violation(`${table}: nothing to delete`);
  if (image.after === null) return;
  const { id } = rowOf(image.after);
  const found = rows.get(former ?? id);
  if (change.op === 'insert' && found !== undefined) throw new Violation(`${table}: ${id} is there already`);
  if (change.op === 'update' && found === undefined) throw new Violation(`${table}: ${id} is not there`);
  if (former !== null) rows.delete(former);
  work.strictly(table, merged(found, image.after));
};

/** What belongs to one sink. */
export interface ModelOwn {
  checkpoint: Checkpoint | null;
  epoch: number;
  readonly ranges: Map<string, RangeProgress>;
  /** Chunks that a fault holds back. */
  late: Chunk[];
}

/** What outlives every process: tables that several sinks may write, and what each of them has. */
export class ModelTarget {
  readonly tables = new TargetTables();
  readonly #owns = new Map<string, ModelOwn>();

  of(sink: string): ModelOwn {
    let own = this.#owns.get(sink);
    if (own === undefined) {
      own = { checkpoint: null, epoch: 0, ranges: new Map(), late: [] };
      this.#owns.set(sink, own);
    }
    return own;
  }

  remove(sink: string): void {
    this.#owns.delete(sink);
  }
}

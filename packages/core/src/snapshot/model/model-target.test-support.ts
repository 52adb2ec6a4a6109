import type { RowImage } from '../../model/row-image.ts';
import { type ModelRow, type ModelTable, textOf } from './model-rows.test-support.ts';

/** The target is not as it has to be. */
export class Violation extends Error {}

/** Tables of a target, with the constraints they have before the handover and after it: id and label are unique. */
export class TargetTables {
  readonly #tables: Map<string, ModelTable>;

  constructor(tables: ReadonlyMap<string, ModelTable> = new Map()) {
    this.#tables = new Map([...tables].map(([name, rows]) => [name, new Map(rows)]));
  }

  copy(): TargetTables {
    return new TargetTables(this.#tables);
  }

  rows(table: string): ModelTable {
    let rows = this.#tables.get(table);
    if (rows === undefined) {
      rows = new Map();
      this.#tables.set(table, rows);
    }
    return rows;
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

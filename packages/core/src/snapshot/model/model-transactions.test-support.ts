import type { ModelRow, ModelTable } from './model-rows.test-support.ts';
import type { Random } from './random.test-support.ts';

export type Write =
  | { readonly table: string; readonly kind: 'insert'; readonly row: ModelRow; readonly block: number }
  | {
      readonly table: string;
      readonly kind: 'update';
      /** The row's key until now. */
      readonly id: number;
      readonly row: ModelRow;
      readonly before: ModelRow;
      readonly block: number;
    }
  | { readonly table: string; readonly kind: 'delete'; readonly id: number; readonly before: ModelRow }
  | { readonly table: string; readonly kind: 'truncate' };

/** Few, so that transactions meet the same ones. */
const ids = Array.from({ length: 10 }, (_, index) => index + 1);
const labels = [1, 2, 3, 4];

/** What one transaction may write to one table: nothing that another, which is not visible yet, has written. */
class Work {
  readonly writes: Write[] = [];
  readonly #table: string;
  readonly #random: Random;
  readonly #blocks: number;
  readonly #rows: ModelTable;
  readonly #lockedIds = new Set<number>();
  readonly #lockedLabels = new Set<number | null>();
  readonly #isLocked: boolean;

  constructor(table: string, rows: readonly ModelRow[], locked: readonly Write[], random: Random, blocks: number) {
    this.#table = table;
    this.#random = random;
    this.#blocks = blocks;
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    for (const write of locked) {
      for (const row of rowsOf(write)) {
        this.#lockedIds.add(row.id);
        if (row.label !== null) this.#lockedLabels.add(row.label);
      }
    }
    this.#isLocked = locked.length > 0;
  }

  writeOne(): void {
    const row = this.#row();
    const free = this.#freeId();
    const kind = this.#random.below(20);
    if (row === undefined || kind < 4) {
      if (free !== undefined)
        this.#insert({ id: free, label: this.#freeLabel(), count: 0, text: this.#random.below(100) });
    } else if (kind < 9) this.#update(row, { count: row.count + 1 });
    else if (kind < 10) this.#update(row, { text: row.text + 100 });
    else if (kind < 13 && free !== undefined)
      this.#update(row, { id: free, ...this.#perhaps({ text: row.text + 100 }) });
    else if (kind < 16) this.#passLabel(row);
    else if (kind < 18) this.#delete(row);
    else if (kind < 19) {
      this.#delete(row);
      this.#insert({ ...row, count: row.count + 1, text: row.text + 100 });
    } else if (!this.#isLocked && this.#random.chance(0.3)) this.#truncate();
  }

  /** One row gives its label up, another takes it. */
  #passLabel(row: ModelRow): void {
    const other = this.#row();
    const { label } = row;
    const isTaken = other !== undefined && other.id !== row.id && label !== null;
    this.#update(row, { label: isTaken && this.#random.chance(0.5) ? null : this.#freeLabel() });
    if (isTaken) this.#update(other, { label });
  }

  #insert(row: ModelRow): void {
    this.writes.push({ table: this.#table, kind: 'insert', row, block: this.#random.below(this.#blocks) });
    this.#rows.set(row.id, row);
  }

  #update(before: ModelRow, values: Partial<ModelRow>): void {
    const row = { ...before, ...values };
    const block = this.#random.below(this.#blocks);
    this.writes.push({ table: this.#table, kind: 'update', id: before.id, row, before, block });
    this.#rows.delete(before.id);
    this.#rows.set(row.id, row);
  }

  #delete(before: ModelRow): void {
    this.writes.push({ table: this.#table, kind: 'delete', id: before.id, before });
    this.#rows.delete(before.id);
  }

  #truncate(): void {
    this.writes.push({ table: this.#table, kind: 'truncate' });
    this.#rows.clear();
  }

  #perhaps<T extends object>(values: T): Partial<T> {
    return this.#random.chance(0.3) ? values : {};
  }

  #row(): ModelRow | undefined {
    return this.#random.pick([...this.#rows.values()].filter(({ id }) => !this.#lockedIds.has(id)));
  }

  #freeId(): number | undefined {
    return this.#random.pick(ids.filter((id) => !this.#rows.has(id) && !this.#lockedIds.has(id)));
  }

  #freeLabel(): number | null {
    const taken = new Set([...this.#rows.values()].map(({ label }) => label));
    return (
      this.#random.pick([null, ...labels.filter((label) => !taken.has(label) && !this.#lockedLabels.has(label))]) ??
      null
    );
  }
}

const rowsOf = (write: Write): readonly ModelRow[] => {
  if (write.kind === 'truncate') return [];
  if (write.kind === 'insert') return [write.row];
  return write.kind === 'update' ? [write.row, write.before] : [write.before];
};

/** What a transaction writes that sees `tables`, beside others that hold locks for what they wrote. */
export const randomTransaction = (
  random: Random,
  tables: ReadonlyMap<string, readonly ModelRow[]>,
  locked: readonly Write[],
  blocks: number,
): readonly Write[] => {
  const count = 1 + random.below(3);
  const works = [...tables].map(
    ([table, rows]) =>
      new Work(
        table,
        rows,
        locked.filter((write) => write.table === table),
        random,
        blocks,
      ),
  );
  for (let done = 0; done < count; done++) random.pick(works)?.writeOne();
  // A truncation is the last thing in its transaction, so that its file is new as a whole.
  return works.flatMap(({ writes }) => writes);
};

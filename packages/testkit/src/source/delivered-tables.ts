import assert from 'node:assert/strict';
import { comparable, comparableRow } from '../comparable-row.ts';
import type { ReadChange } from './origin-changes.ts';

type Row = Readonly<Record<string, unknown>>;

const agrees = (row: Row, partial: Row): boolean =>
  Object.entries(partial).every(([name, value]) => comparable(row[name]) === comparable(value));

const pick = (row: Row | null, names: readonly string[] | null): Row =>
  Object.fromEntries((names ?? Object.keys(row ?? {})).map((name) => [name, row?.[name]]));

/** Applies changes one by one in their order, and knows nothing of how they were made. */
class DeliveredTables {
  readonly #tables = new Map<string, Row[]>();

  apply({ op, id, table, key, before, after }: ReadChange): void {
    const rows = this.#tables.get(table) ?? [];
    this.#tables.set(table, rows);
    if (op === 'truncate') rows.length = 0;
    else if (op === 'insert') {
      const isThere = key !== null && rows.some((row) => agrees(row, pick(after, key)));
      assert.ok(!isThere, `The row that ${id} inserts into ${table} is there`);
      rows.push({ ...after });
    } else {
      const found = rows.findIndex((row) => agrees(row, before ?? pick(after, key)));
      assert.ok(found >= 0, `The row of ${table} that ${id} is about, a ${op}, is not there`);
      rows.splice(found, 1, ...(op === 'update' ? [{ ...rows[found], ...after }] : []));
    }
  }

  get state(): TablesState {
    return stateOf(this.#tables);
  }
}

/** The rows of tables that have some, each as a text. */
export type TablesState = Readonly<Record<string, readonly string[]>>;

export const stateOf = (tables: ReadonlyMap<string, readonly Row[]>): TablesState =>
  Object.fromEntries(
    [...tables]
      .filter(([, rows]) => rows.length > 0)
      .map(([name, rows]) => [name, rows.map(comparableRow).sort()] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Of states that follow each other those that differ from the one before: a log may leave out what changes nothing. */
export const distinctStates = (states: readonly TablesState[]): readonly TablesState[] => {
  const texts = states.map((state) => JSON.stringify(state));
  return states.filter((_, at) => at === 0 || texts[at] !== texts[at - 1]);
};

/** The states after each transaction of a log, beginning with empty tables. */
export const deliveredStates = (changes: readonly ReadChange[]): readonly TablesState[] => {
  const tables = new DeliveredTables();
  const states = [tables.state];
  for (const [at, change] of changes.entries()) {
    tables.apply(change);
    if (changes[at + 1]?.transaction !== change.transaction) states.push(tables.state);
  }
  return distinctStates(states);
};

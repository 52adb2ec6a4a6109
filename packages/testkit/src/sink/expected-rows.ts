import assert from 'node:assert/strict';
import { qualifiedName, type Relation } from '@millrace/core';
import { items, type Values, type Written } from '../batches.ts';
import type { TargetRow } from './sink-world.ts';

const keyOf = (relation: Relation, values: Values): string =>
  JSON.stringify(relation.key?.map((column) => String(values[relation.columns[column]?.name ?? ''])));

const textOf = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));

/** What a table holds after these transactions: the definition of what a sink has to do. */
export const expectedRows = (
  transactions: readonly (readonly Written[])[],
  relation: Relation = items,
): readonly TargetRow[] => {
  const rows = new Map<string, Values>();
  for (const written of transactions.flat()) {
    if (qualifiedName(written.relation ?? items) !== qualifiedName(relation)) continue;
    if (written.op === 'truncate') rows.clear();
    else if (written.op === 'delete') rows.delete(keyOf(relation, written.before));
    else {
      const former = keyOf(relation, written.op === 'update' ? (written.before ?? written.after) : written.after);
      const old = written.op === 'update' ? rows.get(former) : undefined;
      rows.delete(former);
      rows.set(keyOf(relation, written.after), { ...old, ...written.after });
    }
  }
  const names = relation.columns.map(({ name }) => name);
  return [...rows.values()].map((row) => Object.fromEntries(names.map((name) => [name, textOf(row[name])])));
};

/** Whatever order they come in. */
const sorted = (rows: readonly TargetRow[]): readonly TargetRow[] => {
  const textOfRow = (row: TargetRow) => JSON.stringify(Object.entries(row).sort());
  return [...rows].sort((a, b) => (textOfRow(a) < textOfRow(b) ? -1 : 1));
};

export const sameRows = (found: readonly TargetRow[], expected: readonly TargetRow[], what: string): void =>
  assert.deepEqual(sorted(found), sorted(expected), what);

import type { ColumnFill } from '../ddl/statement.ts';
import type { TableChange } from '../schema-effect.ts';
import type { ColumnDefinition } from '../table-definition.ts';
import { definitionOf, type TableModel } from './table-model.ts';

/** A column behind a statement, and where it comes from: the column before it, or what fills it. */
export interface TracedColumn {
  readonly column: ColumnDefinition;
  readonly origin: ColumnDefinition | null;
  readonly fill: ColumnFill;
}

/** What has happened between two states of a table. */
export const tableChanges = (
  before: TableModel,
  after: TableModel,
  traced: readonly TracedColumn[],
): readonly TableChange[] => {
  const changes: TableChange[] = [];
  const kept = new Set(traced.map(({ origin }) => origin));
  for (const column of before.columns)
    if (!kept.has(column)) changes.push({ kind: 'column-dropped', name: column.name });
  for (const [index, { origin, fill }] of traced.entries()) {
    const column = after.columns[index] as ColumnDefinition;
    if (origin === null) changes.push({ kind: 'column-added', column, fill });
    else changes.push(...columnChanges(origin, column));
  }
  const moved = movedColumns(before, traced);
  changes.push(...moved.map((name) => ({ kind: 'column-moved', name }) as const));
  const keys = ({ primaryKey, uniqueKeys }: ReturnType<typeof definitionOf>) =>
    JSON.stringify([primaryKey, uniqueKeys]);
  if (keys(definitionOf(before)) !== keys(definitionOf(after))) changes.push({ kind: 'keys-changed' });
  return changes;
};

const columnChanges = (from: ColumnDefinition, to: ColumnDefinition): readonly TableChange[] => {
  const changes: TableChange[] = [];
  if (from.name !== to.name) changes.push({ kind: 'column-renamed', from: from.name, to: to.name });
  if (JSON.stringify({ ...from, name: '' }) !== JSON.stringify({ ...to, name: '' }))
    changes.push({ kind: 'column-retyped', from, to });
  return changes;
};

/** The fewest columns that have to move: those outside of a longest run that kept its order. */
const movedColumns = (before: TableModel, traced: readonly TracedColumn[]): readonly string[] => {
  const kept = traced.filter(({ origin }) => origin !== null);
  const places = kept.map(({ origin }) => before.columns.indexOf(origin as ColumnDefinition));
  const lengths: number[] = [];
  const previous: number[] = [];
  for (const [index, place] of places.entries()) {
    lengths[index] = 1;
    previous[index] = -1;
    for (let other = 0; other < index; other++) {
      const longer = (lengths[other] as number) + 1;
      if ((places[other] as number) >= place || longer <= (lengths[index] as number)) continue;
      lengths[index] = longer;
      previous[index] = other;
    }
  }
  const stays = new Set<number>();
  let at = lengths.indexOf(Math.max(0, ...lengths));
  for (; at >= 0; at = previous[at] as number) stays.add(at);
  return kept.flatMap(({ column }, index) => (stays.has(index) ? [] : column.name));
};

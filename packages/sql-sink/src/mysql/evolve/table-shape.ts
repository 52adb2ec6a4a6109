import type { ScriptSession } from '@millrace/mysql-client';
import { bareType } from '../target/bare-type.ts';
import { type CatalogColumn, readColumns, type TablePlace } from './catalog-column.ts';

/** What is expected of a column, or found; what is absent may be anything. */
export interface ColumnShape {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly default?: string | null;
  readonly extra?: string;
  readonly collation?: string | null;
}

/** What is expected of a table, or found: its columns, in their places; `null`: there is no such table. */
export interface TableShape extends TablePlace {
  readonly columns: readonly ColumnShape[] | null;
}

const columnShape = ({ name, type, nullable, default: value, extra, collation }: CatalogColumn): ColumnShape => ({
  name,
  type,
  nullable,
  default: value,
  extra,
  collation,
});

/** Everything of a table's shape. */
export const shapeOf = ({ schema, table }: TablePlace, columns: readonly CatalogColumn[] | null): TableShape => ({
  schema,
  table,
  columns: columns?.map(columnShape) ?? null,
});

export const readShapes = async (
  session: ScriptSession,
  places: readonly TablePlace[],
  signal: AbortSignal,
): Promise<readonly TableShape[]> => {
  const all = await readColumns(session, places, signal);
  return places.map((place, index) => shapeOf(place, all[index] ?? null));
};

/** Two ways of writing a type may mean the same. */
export const isSameType = (one: string, other: string): boolean => bareType(one) === bareType(other);

const columnMeets = (found: ColumnShape, expected: ColumnShape): boolean =>
  found.name === expected.name &&
  isSameType(found.type, expected.type) &&
  found.nullable === expected.nullable &&
  (['default', 'extra', 'collation'] as const).every(
    (part) => expected[part] === undefined || expected[part] === found[part],
  );

/** Whether tables, in the same order, are as they are expected. */
export const meets = (found: readonly TableShape[], expected: readonly TableShape[]): boolean =>
  expected.every(({ columns }, index) => {
    const there = found[index]?.columns ?? null;
    if (columns === null || there === null) return columns === there;
    return (
      columns.length === there.length &&
      columns.every((column, at) => there[at] !== undefined && columnMeets(there[at], column))
    );
  });

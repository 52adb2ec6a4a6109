import type { Column, Relation } from '../model/relation.ts';
import type { ColumnChange } from '../model/schema-change.ts';

/** The columns that the log says of a table, and their types as its database writes them. */
export type TableShape = Readonly<Record<string, string>>;

export const shapeOf = ({ columns }: Relation): TableShape =>
  Object.fromEntries(columns.filter(({ generated }) => !generated).map(({ name, native }) => [name, native]));

/** Types of users may go by other names in the log than in the catalog. */
const isOwn = (type: string): boolean => /[."]/.test(type);

export const isOtherType = (before: string, after: string): boolean =>
  before !== after && !isOwn(before) && !isOwn(after);

/** What makes a table of one shape the relation, as far as the two tell: a renamed column is dropped and added. */
export const columnChanges = (before: TableShape, { columns }: Relation): readonly ColumnChange[] => {
  const sent = columns.filter(({ generated }) => !generated);
  const names = new Set(sent.map(({ name }) => name));
  const dropped = Object.keys(before).filter((name) => !names.has(name));
  return [
    ...dropped.map((name): ColumnChange => ({ kind: 'drop-column', name })),
    ...sent.flatMap((column): readonly ColumnChange[] => {
      const from = Object.hasOwn(before, column.name) ? before[column.name] : undefined;
      if (from === undefined) return [{ kind: 'add-column', column, fill: null }];
      return isOtherType(from, column.native) ? [{ kind: 'alter-column-type', column, from }] : [];
    }),
  ];
};

/** A table as it was when it had this shape, as far as what the source says of it now tells. */
export const relationOf = (now: Relation, shape: TableShape): Relation => {
  const known = new Map(now.columns.map((column) => [column.name, column]));
  const columns = [
    ...now.columns.filter(({ name, generated }) => generated || Object.hasOwn(shape, name)),
    ...Object.keys(shape).flatMap((name) => {
      const native = shape[name];
      if (known.has(name) || native === undefined) return [];
      return [{ name, type: 'other' as const, native, nullable: null, generated: false }];
    }),
  ].map((column) => {
    const native = Object.hasOwn(shape, column.name) ? (shape[column.name] ?? column.native) : column.native;
    return native === column.native || !isOtherType(native, column.native) ? column : { ...column, native };
  });
  return withColumns(now, columns);
};

const withColumns = (now: Relation, columns: readonly Column[]): Relation => {
  if (columns.length === now.columns.length && columns.every((column, index) => column === now.columns[index]))
    return now;
  const place = (index: number) => columns.findIndex(({ name }) => name === now.columns[index]?.name);
  const key = now.key?.map(place) ?? null;
  return { ...now, columns, key: key?.includes(-1) === true ? null : key };
};

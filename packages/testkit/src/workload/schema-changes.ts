import type { Column, ColumnChange, Relation, ValueType } from '@millrace/core';
import type { RawStep } from './raw-steps.ts';
import { constraintsOf } from './table-state.ts';
import type { WorkloadRow } from './workload.ts';

export interface ShapeChange {
  readonly change: ColumnChange;
  readonly relation: Relation;
  /** A row of the table as it is after the change. */
  readonly changeRow: (row: WorkloadRow) => WorkloadRow;
}

type AddedColumn = Pick<Column, 'type' | 'native'> & { readonly fill: string | null; readonly value: unknown };

const addedColumns: readonly AddedColumn[] = [
  { type: 'text', native: 'text', fill: null, value: null },
  { type: 'int', native: 'integer', fill: '7', value: 7 },
  { type: 'text', native: 'text', fill: "it's", value: "it's" },
  { type: 'boolean', native: 'boolean', fill: 'true', value: true },
  { type: 'bigint', native: 'bigint', fill: null, value: null },
];

type Widening = Pick<Column, 'type' | 'native'> & { readonly widen: (value: unknown) => unknown };

/** Of types that have one: rows keep their values. */
const widenings: Readonly<Partial<Record<ValueType, Widening>>> = {
  smallint: { type: 'int', native: 'integer', widen: (value) => value },
  int: { type: 'bigint', native: 'bigint', widen: (value) => (value === null ? null : BigInt(Number(value))) },
};

const renamed = (row: WorkloadRow, from: string, to: string): WorkloadRow =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name === from ? to : name, value]));

/** The same key by the places that its columns have then. */
const reshaped = (relation: Relation, columns: readonly Column[]): Relation => {
  const names = relation.key?.map((at) => relation.columns[at]?.name) ?? null;
  const key = names?.map((name) => columns.findIndex((column) => column.name === name)) ?? null;
  return { ...relation, version: relation.version + 1, columns, key };
};

const addition = (relation: Relation, name: string, number: number): ShapeChange => {
  const { type, native, fill, value } = addedColumns[number % addedColumns.length] ?? (addedColumns[0] as AddedColumn);
  const column: Column = { name, type, native, nullable: true, generated: false };
  return {
    change: { kind: 'add-column', column, fill },
    relation: reshaped(relation, [...relation.columns, column]),
    changeRow: (row) => ({ ...row, [name]: value }),
  };
};

const removal = (relation: Relation, { name }: Column): ShapeChange => ({
  change: { kind: 'drop-column', name },
  relation: reshaped(
    relation,
    relation.columns.filter((column) => column.name !== name),
  ),
  changeRow: ({ [name]: _, ...row }) => row,
});

const renaming = (relation: Relation, column: Column, name: string): ShapeChange => ({
  change: { kind: 'rename-column', name, from: column.name },
  relation: reshaped(
    relation,
    relation.columns.map((other) => (other === column ? { ...other, name } : other)),
  ),
  changeRow: (row) => renamed(row, column.name, name),
});

const widening = (relation: Relation, column: Column, { type, native, widen }: Widening): ShapeChange => {
  const changed: Column = { ...column, type, native };
  return {
    change: { kind: 'alter-column-type', column: changed, from: column.native },
    relation: reshaped(
      relation,
      relation.columns.map((other) => (other === column ? changed : other)),
    ),
    changeRow: (row) => ({ ...row, [column.name]: widen(row[column.name]) }),
  };
};

const loosening = (relation: Relation, column: Column): ShapeChange => ({
  change: { kind: 'alter-column-nullability', name: column.name, nullable: true },
  relation: reshaped(
    relation,
    relation.columns.map((other) => (other === column ? { ...other, nullable: true } : other)),
  ),
  changeRow: (row) => row,
});

/** Columns that a key or a unique value has stay as they are. */
export const shapeChange = (relation: Relation, { columns, row, numbers }: RawStep): ShapeChange => {
  const fixed = new Set(constraintsOf(relation).flatMap((constraint) => constraint.columns));
  const free = relation.columns.filter(({ name, generated }) => !generated && !fixed.has(name));
  const column = free[row % free.length];
  const [number = 0] = numbers;
  // Never the name of a column that is there, or was.
  const name = `changed_${relation.version}`;
  const narrow = free.find(({ type }) => type in widenings);
  const form = narrow === undefined ? undefined : widenings[narrow.type];
  const strict = free.find(({ nullable }) => nullable !== true);
  const kind = columns % 5;
  if (column === undefined || kind === 0) return addition(relation, name, number);
  if (kind === 1 && free.length > 1) return removal(relation, column);
  if (kind === 2 && narrow !== undefined && form !== undefined) return widening(relation, narrow, form);
  if (kind === 3 && strict !== undefined) return loosening(relation, strict);
  return renaming(relation, column, name);
};

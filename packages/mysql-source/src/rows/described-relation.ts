import type { Column, Relation, ValueType } from '@millrace/core';
import type { ColumnDefinition, TableDefinition } from '../schema/table-definition.ts';
import { declaredType } from '../values/declared-type.ts';

const types: Readonly<Record<string, ValueType>> = {
  tinyint: 'smallint',
  smallint: 'smallint',
  mediumint: 'int',
  int: 'int',
  bigint: 'bigint',
  year: 'smallint',
  float: 'float',
  double: 'float',
  decimal: 'decimal',
  date: 'date',
  datetime: 'timestamp',
  timestamp: 'timestamptz',
  time: 'interval',
  json: 'json',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  bit: 'other',
  enum: 'other',
  set: 'other',
  vector: 'other',
  uuid: 'uuid',
  inet4: 'other',
  inet6: 'other',
};

/** Half of their values need twice the bits. */
const wider: Readonly<Record<string, ValueType>> = { smallint: 'int', int: 'bigint' };

const valueType = (type: string): ValueType => {
  const declared = declaredType(type);
  if (declared === null) return 'other';
  const { name, unsigned } = declared;
  return (unsigned ? wider[name] : undefined) ?? types[name] ?? 'bytes';
};

const columnOf = ({ name, type, nullable, generated }: ColumnDefinition): Column => ({
  name,
  type: valueType(type),
  native: type,
  nullable,
  generated: generated !== null,
});

/** A table as its rows will be read, as far as that can be told without any. */
export const describedRelation = ({
  schema,
  table,
  columns,
  primaryKey,
  uniqueKeys = [],
}: TableDefinition): Relation => {
  const named = primaryKey ?? uniqueKeys[0];
  return {
    schema,
    table,
    version: 0,
    columns: columns.map(columnOf),
    key: named?.map((name) => columns.findIndex((column) => column.name === name)) ?? null,
    identity: named === undefined ? 'full' : primaryKey === null ? 'index' : 'key',
    dialect: 'mysql',
  };
};

import type { Column, Relation } from '@millrace/core';
import { TargetNames, type TargetNamesOptions } from '../../target/target-names.ts';
import { postgresType } from './mysql-types.ts';

/** A column of a relation in the type that PostgreSQL has for it. */
const postgresColumn = (column: Column, { dialect }: Pick<Relation, 'dialect'>): Column =>
  dialect === undefined ? column : { ...column, native: postgresType(column.native) };

/** A relation in types of PostgreSQL: the same object where it is so already. */
const inPostgres = (relation: Relation): Relation => {
  const { dialect, ...rest } = relation;
  if (dialect === undefined) return relation;
  return { ...rest, columns: relation.columns.map((column) => postgresColumn(column, relation)) };
};

export const postgresNames = (options: TargetNamesOptions): TargetNames =>
  new TargetNames(options, {
    relation: inPostgres,
    column: postgresColumn,
    foldedTable: (name) => name,
    foldedColumn: (name) => name,
  });

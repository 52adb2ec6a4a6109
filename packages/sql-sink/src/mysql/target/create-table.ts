import { qualifiedName, type Relation } from '@millrace/core';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '@millrace/mysql-client';
import { keyColumns } from '../../target/key-columns.ts';
import { noAdditions, type TableAdditions } from '../structure/table-additions.ts';

/** Of a TIMESTAMP that may not be NULL. */
const someTime = '1970-01-01 00:00:01';

/** Whether the default of a column is the one that it was made with for want of another. */
export const isForWant = (dataType: string, value: string): boolean =>
  dataType === 'timestamp' && value.replaceAll("'", '').startsWith(someTime);

/** A first TIMESTAMP gets the time of each update on older servers, unless something else is said of it. */
const nullability = (native: string, isRequired: boolean): string => {
  if (!isRequired) return ' NULL';
  return native.startsWith('timestamp') ? ` NOT NULL DEFAULT '${someTime}'` : ' NOT NULL';
};

/**
 * A table like the source's, in types of the server: NOT NULL where the log says so or the key needs it, a primary key over
 * the columns by which the log identifies rows. Columns that the source computes are left out: the log does not carry how.
 */
export const createTable = (relation: Relation, { autoIncrement, comments }: TableAdditions = noAdditions): string => {
  const key = keyColumns(relation) ?? [];
  const commentOf = (name: string | null) => {
    const text = comments.get(name);
    return text === undefined ? '' : ` COMMENT ${quoteLiteral(text)}`;
  };
  const columns = relation.columns
    .filter(({ generated }) => !generated)
    .map((column) => {
      const isRequired = column.nullable === false || key.includes(column);
      const numbered = column.name === autoIncrement ? ' AUTO_INCREMENT' : '';
      return `${quoteIdentifier(column.name)} ${column.native}${nullability(column.native, isRequired)}${numbered}${commentOf(column.name)}`;
    });
  const primaryKey =
    key.length === 0 ? [] : [`PRIMARY KEY (${key.map(({ name }) => quoteIdentifier(name)).join(', ')})`];
  const parts = [...columns, ...primaryKey].join(',\n  ');
  return `CREATE TABLE ${quoteQualified(relation.schema, relation.table)} (\n  ${parts}\n) ENGINE=InnoDB${commentOf(null)}`;
};

/** The databases and tables that are missing at the target, in the order in which they are made. */
export const creationStatements = (
  relations: readonly Relation[],
  databases: ReadonlySet<string>,
  tables: { has(name: string): boolean },
  additions: ReadonlyMap<string, TableAdditions> = new Map(),
): readonly { readonly table: string; readonly kind: string; readonly sql: string }[] => {
  const made = new Set(databases);
  return relations
    .filter((relation) => !tables.has(qualifiedName(relation)))
    .flatMap((relation) => {
      const table = qualifiedName(relation);
      const create = { table, kind: 'create-table', sql: createTable(relation, additions.get(table)) };
      if (made.has(relation.schema)) return [create];
      made.add(relation.schema);
      const sql = `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(relation.schema)} CHARACTER SET utf8mb4`;
      return [{ table, kind: 'create-schema', sql }, create];
    });
};

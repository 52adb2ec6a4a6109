import { qualifiedName, type Relation } from '@millrace/core';
import { quoteIdentifier, quoteQualified } from '@millrace/postgres-client';
import { keyColumns } from './target-problems.ts';

/**
 * A table like the source's: exact types, NOT NULL where the log says so or the key needs it, a primary key over the
 * columns by which the log identifies rows. Columns that the source computes are left out: the log does not carry
 * how.
 */
export const createTable = (relation: Relation): string => {
  const key = keyColumns(relation);
  const columns = relation.columns
    .filter(({ generated }) => !generated)
    .map(
      ({ name, native, nullable }) =>
        `${quoteIdentifier(name)} ${native}${nullable === false || key?.some((column) => column.name === name) ? ' NOT NULL' : ''}`,
    );
  const primaryKey =
    key === null || key.length === 0
      ? []
      : [`PRIMARY KEY (${key.map(({ name }) => quoteIdentifier(name)).join(', ')})`];
  return `CREATE TABLE ${quoteQualified(relation.schema, relation.table)} (\n  ${[...columns, ...primaryKey].join(',\n  ')}\n)`;
};

/** The schemas and tables that are missing at the target, in the order in which they are made. */
export const creationStatements = (
  relations: readonly Relation[],
  schemas: ReadonlySet<string>,
  tables: { has(name: string): boolean },
): readonly { readonly table: string; readonly kind: string; readonly sql: string }[] => {
  const missing = relations.filter((relation) => !tables.has(qualifiedName(relation)));
  const made = new Set(schemas);
  return missing.flatMap((relation) => {
    const table = qualifiedName(relation);
    const create = { table, kind: 'create-table', sql: createTable(relation) };
    if (made.has(relation.schema)) return [create];
    made.add(relation.schema);
    return [{ table, kind: 'create-schema', sql: `CREATE SCHEMA ${quoteIdentifier(relation.schema)}` }, create];
  });
};

import type { ColumnChange, Relation } from '@millrace/core';
import { rowTexts } from './row-texts.ts';
import { constraintsOf, keyOf } from './table-state.ts';
import type { WorkloadOperation, WorkloadRow, WorkloadTransaction } from './workload.ts';

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string | null): string => (text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`);
const identifiers = (names: readonly string[]): string => names.map(identifier).join(', ');
const tableName = ({ schema, table }: Relation): string => `${identifier(schema)}.${identifier(table)}`;
const literals = (relation: Relation, row: WorkloadRow): readonly (readonly [string, string])[] =>
  [...rowTexts(relation, row)].map(([name, text]) => [identifier(name), literal(text)]);

const identitySql = ({ identity, key }: Relation, name: string): string | null => {
  if (identity === 'index') return `USING INDEX ${name}`;
  if (identity === 'none') return 'NOTHING';
  return identity === 'full' || key === null ? 'FULL' : null;
};

const createTable = (relation: Relation): readonly string[] => {
  const name = tableName(relation);
  const key = keyOf(relation);
  const written = relation.columns.filter(({ generated }) => !generated);
  const columns = written.map(
    ({ name: column, native, nullable }) => `${identifier(column)} ${native}${nullable === true ? '' : ' NOT NULL'}`,
  );
  const index = identifier(`${relation.table}_identity`);
  const constraints = constraintsOf(relation).map(({ columns: unique, nullsEqual }) => {
    if (unique.join() !== key?.join())
      return `UNIQUE${nullsEqual ? ' NULLS NOT DISTINCT' : ''} (${identifiers(unique)})`;
    return `CONSTRAINT ${index} ${relation.identity === 'index' ? 'UNIQUE' : 'PRIMARY KEY'} (${identifiers(unique)})`;
  });
  const identity = identitySql(relation, index);
  return [
    `CREATE TABLE ${name} (${[...columns, ...constraints].join(', ')})`,
    ...(identity === null ? [] : [`ALTER TABLE ${name} REPLICA IDENTITY ${identity}`]),
    // Long values lie out of their row, however well they could be compressed, and updates leave them out of the log.
    ...written
      .filter(({ name: column, type }) => outOfLine.has(type) && key?.includes(column) !== true)
      .map(({ name: column }) => `ALTER TABLE ${name} ALTER ${identifier(column)} SET STORAGE EXTERNAL`),
  ];
};

const outOfLine: ReadonlySet<string> = new Set(['text', 'bytes', 'json']);

/** The statements that make the tables of a workload in a PostgreSQL database, with their keys and replica identities. */
export const postgresTables = (relations: readonly Relation[]): readonly string[] => relations.flatMap(createTable);

/** Of a table without a key one of the rows that are equal: some types have no equality but that of their text. */
const whereSql = (relation: Relation, row: WorkloadRow): string => {
  const key = keyOf(relation);
  const values = literals(relation, row);
  if (key !== null) {
    const names = new Set(key.map(identifier));
    const terms = values.filter(([name]) => names.has(name)).map(([name, value]) => `${name} = ${value}`);
    return terms.join(' AND ');
  }
  const types = new Map(relation.columns.map(({ name, native }) => [identifier(name), native]));
  const terms = values.map(
    ([name, value]) => `${name}::text IS NOT DISTINCT FROM (${value}::${types.get(name)})::text`,
  );
  return `ctid = (SELECT ctid FROM ${tableName(relation)} WHERE ${terms.join(' AND ')} LIMIT 1)`;
};

const alterSql = (change: ColumnChange): string => {
  switch (change.kind) {
    case 'add-column': {
      const { column, fill } = change;
      return `ADD ${identifier(column.name)} ${column.native}${fill === null ? '' : ` DEFAULT ${literal(fill)}`}`;
    }
    case 'drop-column':
      return `DROP ${identifier(change.name)}`;
    case 'rename-column':
      return `RENAME ${identifier(change.from)} TO ${identifier(change.name)}`;
    case 'alter-column-type':
      return `ALTER ${identifier(change.column.name)} TYPE ${change.column.native}`;
    case 'alter-column-nullability':
      return `ALTER ${identifier(change.name)} ${change.nullable ? 'DROP' : 'SET'} NOT NULL`;
    case 'alter-column-default':
      return `ALTER ${identifier(change.name)} ${change.sql === null ? 'DROP DEFAULT' : `SET DEFAULT ${change.sql}`}`;
  }
};

/** The one statement that a change of shape is. */
export const postgresAlter = (relation: Relation, change: ColumnChange): string =>
  `ALTER TABLE ${tableName(relation)} ${alterSql(change)}`;

const statementsOf = (operation: WorkloadOperation): readonly string[] => {
  if (operation.kind === 'savepoint')
    return [
      'SAVEPOINT workload',
      ...operation.operations.flatMap(statementsOf),
      ...(operation.outcome === 'released' ? [] : ['ROLLBACK TO workload']),
      'RELEASE workload',
    ];
  if (operation.kind === 'truncate') return [`TRUNCATE ${operation.relations.map(tableName).join(', ')}`];
  const { relation } = operation;
  const table = tableName(relation);
  if (operation.kind === 'schema-change') return [postgresAlter(relation, operation.change)];
  if (operation.kind === 'delete') return [`DELETE FROM ${table} WHERE ${whereSql(relation, operation.row)}`];
  if (operation.kind === 'insert') {
    const values = literals(relation, operation.row);
    const names = values.map(([name]) => name).join(', ');
    return [`INSERT INTO ${table} (${names}) VALUES (${values.map(([, value]) => value).join(', ')})`];
  }
  const { before, after, columns } = operation;
  const set = new Set(columns.map(identifier));
  const values = literals(relation, after).filter(([name]) => set.has(name));
  const assignments = values.map(([name, value]) => `${name} = ${value}`).join(', ');
  return [`UPDATE ${table} SET ${assignments} WHERE ${whereSql(relation, before)}`];
};

/**
 * A transaction as PostgreSQL's statements, from `BEGIN` to `COMMIT` or `ROLLBACK`, for one connection and in this order.
 * Each statement writes one row. None fails where nobody else writes to the tables.
 */
export const postgresStatements = ({ operations, outcome }: WorkloadTransaction): readonly string[] => [
  'BEGIN',
  ...operations.flatMap(statementsOf),
  outcome === 'committed' ? 'COMMIT' : 'ROLLBACK',
];

import { qualifiedName, type Relation } from '@millrace/core';
import { quoteLiteral, type ScriptSession } from '@millrace/mysql-client';
import { onUpdateOf } from './on-update.ts';
import type { TargetTable } from './target-table.ts';

type Name = Pick<Relation, 'schema' | 'table'>;

const statements = (relations: readonly Name[]): readonly string[] => {
  const names = relations.map(({ schema, table }) => `(${quoteLiteral(schema)}, ${quoteLiteral(table)})`).join(', ');
  const among = (schema: string, table: string) => `(${schema}, ${table}) IN (${names})`;
  return [
    'SELECT @@lower_case_table_names',
    `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES
     WHERE ${among('TABLE_SCHEMA', 'TABLE_NAME')}`,
    `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, LOWER(DATA_TYPE), COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA,
       GENERATION_EXPRESSION, COLLATION_NAME
     FROM information_schema.COLUMNS WHERE ${among('TABLE_SCHEMA', 'TABLE_NAME')} ORDER BY ORDINAL_POSITION`,
    `SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
     WHERE NON_UNIQUE = 0 AND ${among('TABLE_SCHEMA', 'TABLE_NAME')} ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
    `SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS
     WHERE ${among('EVENT_OBJECT_SCHEMA', 'EVENT_OBJECT_TABLE')} ORDER BY TRIGGER_NAME`,
  ];
};

type Row = readonly (string | null)[];

const columnOf = ([, , name, dataType, type, nullable, byDefault, extra, expression, collation]: Row) => ({
  name: name ?? '',
  dataType: dataType ?? '',
  type: type ?? '',
  nullable: nullable === 'YES',
  // MariaDB says it so of columns that have none.
  hasDefault: byDefault !== null && byDefault !== 'NULL',
  autoIncrement: (extra ?? '').includes('auto_increment'),
  onUpdate: onUpdateOf(extra ?? ''),
  generated: (expression ?? '') !== '',
  collation: collation ?? null,
});

const indexesOf = (rows: readonly Row[]): TargetTable['uniqueIndexes'] => {
  const indexes = new Map<string, string[] | null>();
  for (const [, , index, column = null, part = null] of rows) {
    const name = index ?? '';
    const columns = indexes.get(name);
    if (column === null || part !== null || columns === null) indexes.set(name, null);
    else indexes.set(name, [...(columns ?? []), column]);
  }
  return [...indexes].map(([name, columns]) => ({ name, columns }));
};

/**
 * What the target has of these tables, by `schema.table` as the relations call them; a table that does not exist is not in
 * the map.
 */
export const readTargetTables = async (
  session: ScriptSession,
  relations: readonly Name[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TargetTable>> => {
  if (relations.length === 0) return new Map();
  const doing = 'read the catalog of the target';
  const outcomes = await session.script(statements(relations), { signal, doing });
  const [[[lowerCase] = []] = [], tables = [], columns = [], parts = [], triggers = []] = outcomes.map(
    ({ rows }) => rows,
  );
  const nameOf = (schema: string, table: string) =>
    lowerCase === '0' ? qualifiedName({ schema, table }) : qualifiedName({ schema, table }).toLowerCase();
  const inTable =
    (name: string) =>
    ([schema, table]: Row) =>
      nameOf(schema ?? '', table ?? '') === name;
  const found = new Map<string, TargetTable>();
  for (const relation of relations) {
    const here = inTable(nameOf(relation.schema, relation.table));
    const [database, table, kind, engine] = tables.find(here) ?? [];
    if (typeof database !== 'string' || typeof table !== 'string') continue;
    found.set(qualifiedName(relation), {
      database,
      table,
      kind: kind ?? '',
      engine: engine ?? null,
      columns: columns.filter(here).map(columnOf),
      uniqueIndexes: indexesOf(parts.filter(here)),
      triggers: triggers.filter(here).map(([, , name]) => name ?? ''),
    });
  }
  return found;
};

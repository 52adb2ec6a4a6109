import type { LogSession } from '../log-session.ts';
import type { OtherKind } from './ddl/statement.ts';
import { isFollowed } from './followed-databases.ts';
import { normalizeColumnType } from './model/column-type.ts';
import { type SchemaScope, tableKey } from './model/schema-draft.ts';
import { type DatabaseModel, isUnknown, type SchemaState, type UnknownTable } from './model/schema-state.ts';
import { definitionOf, type KeyModel, type TableModel } from './model/table-model.ts';
import type { ColumnDefinition, TableDefinition } from './table-definition.ts';

/** The definition of one table as it is now; `null`: there is none, or its rows cannot be told from it. */
export const readDefinition = async (
  session: LogSession,
  settings: SchemaScope['settings'],
  { schema, table }: { readonly schema: string; readonly table: string },
): Promise<TableDefinition | null> => {
  const { databases } = await readSchema(session, { settings, followed: [schema] }, table);
  const found = databases.get(tableKey(schema, settings))?.tables.get(tableKey(table, settings));
  return found === undefined || isUnknown(found) ? null : definitionOf(found);
};

type Row = Readonly<Record<string, unknown>>;
const text = (row: Row, name: string) => String(row[name]);
const groupBy = (rows: readonly Row[], key: (row: Row) => string): ReadonlyMap<string, readonly Row[]> => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
};
const tableOf = (row: Row) => JSON.stringify([row.s, row.t]);

/**
 * The schema of now: the beginning of a history, and nothing else. Tables of which the user has no privilege on some
 * columns are without these: what the log says of them then does not fit. `only`: of the tables those of that name.
 */
export const readSchema = async (
  session: LogSession,
  { settings, followed }: Pick<SchemaScope, 'settings' | 'followed'>,
  only: string | null = null,
): Promise<SchemaState> => {
  // Keys that the server has generated are columns of rows whether it shows them or not.
  if (settings.flavor === 'mysql' && settings.version >= 80030)
    await session.query('SET SESSION show_gipk_in_create_table_and_information_schema = ON');
  const all = await session.query(
    `SELECT SCHEMA_NAME AS s, DEFAULT_COLLATION_NAME AS collation FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME`,
  );
  const schemata = all.filter((row) => isFollowed(followed, text(row, 's')));
  if (schemata.length === 0) return { databases: new Map() };
  const names = schemata.map((row) => text(row, 's'));
  const inDatabases = `TABLE_SCHEMA IN (${names.map(() => '?').join(', ')})`;
  const here = only === null ? inDatabases : `${inDatabases} AND TABLE_NAME = ?`;
  const read = async (sql: string) => await session.query(sql, only === null ? names : [...names, only]);

  const tables = await read(
    `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, TABLE_TYPE AS kind, TABLE_COLLATION AS collation
     FROM information_schema.TABLES
     WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW', 'SEQUENCE') AND ${here}
     ORDER BY TABLE_SCHEMA, TABLE_NAME`,
  );
  const columns = await read(
    `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, COLUMN_NAME AS name, COLUMN_TYPE AS type, COLLATION_NAME AS collation,
       IS_NULLABLE AS nullable, EXTRA AS extra
     FROM information_schema.COLUMNS WHERE ${here}
     ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`,
  );
  const parts = await read(
    `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, INDEX_NAME AS name, NON_UNIQUE AS nonUnique, COLUMN_NAME AS part,
       SUB_PART AS length, INDEX_TYPE AS how
     FROM information_schema.STATISTICS WHERE ${here}
     ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
  );

  const columnsOf = groupBy(columns, tableOf);
  const partsOf = groupBy(parts, tableOf);
  const state = new Map<
    string,
    DatabaseModel & { readonly tables: Map<string, TableModel | UnknownTable>; readonly others: Map<string, OtherKind> }
  >();
  for (const row of schemata)
    state.set(tableKey(text(row, 's'), settings), {
      name: text(row, 's'),
      collation: text(row, 'collation'),
      tables: new Map(),
      others: new Map(),
    });
  for (const row of tables) {
    const database = state.get(tableKey(text(row, 's'), settings));
    if (row.kind === 'VIEW' || row.kind === 'SEQUENCE') {
      database?.others.set(tableKey(text(row, 't'), settings), row.kind === 'VIEW' ? 'view' : 'sequence');
      continue;
    }
    const table = tableFrom(row, columnsOf.get(tableOf(row)) ?? [], partsOf.get(tableOf(row)) ?? []);
    database?.tables.set(tableKey(table.table, settings), table);
  }
  return { databases: state };
};

const tableFrom = (row: Row, columns: readonly Row[], parts: readonly Row[]): TableModel | UnknownTable => {
  const name = { schema: text(row, 's'), table: text(row, 't') };
  if (row.kind !== 'BASE TABLE') return { ...name, unknown: 'its rows have versions' };
  return { ...name, columns: columns.map(columnFrom), keys: keysFrom(parts), collation: text(row, 'collation') };
};

const columnFrom = (row: Row): ColumnDefinition => {
  const extra = text(row, 'extra').toUpperCase();
  const collation = row.collation === null || row.collation === 'binary' ? null : text(row, 'collation');
  return {
    name: text(row, 'name'),
    type: normalizeColumnType(text(row, 'type')),
    collation,
    nullable: row.nullable === 'YES',
    generated: /\b(STORED|PERSISTENT) GENERATED\b/.test(extra)
      ? 'stored'
      : extra.includes('VIRTUAL GENERATED')
        ? 'virtual'
        : null,
    invisible: /\bINVISIBLE\b/.test(extra),
  };
};

const keysFrom = (parts: readonly Row[]): readonly KeyModel[] =>
  [...groupBy(parts, (row) => text(row, 'name'))].map(([name, rows]) => ({
    name,
    kind: name === 'PRIMARY' ? 'primary' : Number(rows[0]?.nonUnique) === 0 ? 'unique' : 'other',
    parts: rows.map((row) => ({
      column: row.part === null ? null : text(row, 'part'),
      length: row.length === null ? null : Number(row.length),
    })),
    hash: rows[0]?.how === 'HASH',
    implied: false,
  }));

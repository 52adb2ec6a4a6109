import type { TableStructures } from '@millrace/core';
import { parseServerVersion, quoteQualified } from '@millrace/mysql-client';
import type { LogSession } from '../log-session.ts';
import { type CatalogRow, structureParts } from './structure-rows.ts';

type Row = Readonly<Record<string, unknown>>;

/** Servers disagree about the case of the names that they give. */
const textRow = (row: Row): CatalogRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name.toUpperCase(), value === null ? null : String(value)]),
  );

interface Found {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly comment: string;
}

const find = async (session: LogSession, names: readonly string[]): Promise<readonly Found[]> => {
  // Names of databases may hold dots, too.
  const places = names.flatMap((name) =>
    [...name.matchAll(/\./g)].map(({ index }) => [name.slice(0, index), name.slice(index + 1)] as const),
  );
  if (places.length === 0) return [];
  const rows = await session.query(
    `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, TABLE_COMMENT AS c FROM information_schema.TABLES
     WHERE TABLE_TYPE = 'BASE TABLE' AND (TABLE_SCHEMA, TABLE_NAME) IN (${places.map(() => '(?, ?)').join(', ')})`,
    places.flat(),
  );
  return rows.map(({ s, t, c }) => ({
    name: `${s}.${t}`,
    schema: String(s),
    table: String(t),
    comment: String(c ?? ''),
  }));
};

const ofTable = 'TABLE_SCHEMA = ? AND TABLE_NAME = ?';

const indexes = `SELECT s.*, c.COLLATION_NAME AS COMPARED FROM information_schema.STATISTICS s
  LEFT JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME
    AND c.COLUMN_NAME = s.COLUMN_NAME
  WHERE s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? ORDER BY s.INDEX_NAME, s.SEQ_IN_INDEX`;

const foreignKeys = `SELECT k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME,
    r.DELETE_RULE, r.UPDATE_RULE
  FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
    ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
  WHERE k.TABLE_SCHEMA = ? AND k.TABLE_NAME = ? AND k.REFERENCED_TABLE_NAME IS NOT NULL
  ORDER BY k.CONSTRAINT_NAME, k.ORDINAL_POSITION`;

const checks = `SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
  WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ? ORDER BY CONSTRAINT_NAME`;

/** What tables have beside columns and key. One that is not there, or that the user may not see, has nothing. */
export const readStructure =
  (names: readonly string[]) =>
  async (session: LogSession): Promise<TableStructures> => {
    const [version] = await session.query<{ version: string }>('SELECT VERSION() AS version');
    const { kind } = parseServerVersion(version?.version ?? '');
    const structures = new Map(names.map((name) => [name, structureParts(nothing, kind)]));
    for (const { name, schema, table, comment } of await find(session, names)) {
      if (!structures.has(name)) continue;
      const read = async (sql: string) => (await session.query(sql, [schema, table])).map(textRow);
      const [made] = (await session.query(`SHOW CREATE TABLE ${quoteQualified(schema, table)}`)).map(textRow);
      const columns = await read(`SELECT * FROM information_schema.COLUMNS WHERE ${ofTable} ORDER BY ORDINAL_POSITION`);
      const found = {
        statement: made?.['CREATE TABLE'] ?? '',
        comment,
        columns,
        indexes: await read(indexes),
        foreignKeys: await read(foreignKeys),
        checks: kind === 'mariadb' ? await read(checks) : [],
      };
      structures.set(name, structureParts(found, kind));
    }
    return structures;
  };

const nothing = { statement: '', comment: '', columns: [], indexes: [], foreignKeys: [], checks: [] };

import type { MysqlSession } from '@millrace/mysql-client';

/** What the checks need to know of a table. */
export interface TableFacts {
  readonly schema: string;
  readonly table: string;
  readonly engine: string;
  readonly transactional: boolean;
  /** It has a unique index over columns that are never NULL. */
  readonly keyed: boolean;
  /** That index has all of its columns: the table can be read in its order. */
  readonly ordered: boolean;
  /** A foreign key changes or removes its rows when the row is changed that they point at. */
  readonly cascades: boolean;
}

const own = ['mysql', 'sys', 'information_schema', 'performance_schema'];
const notOwn = (column: string): string => `${column} NOT IN (${own.map((name) => `'${name}'`).join(', ')})`;

const tables = `
  SELECT t.TABLE_SCHEMA AS s, t.TABLE_NAME AS t, t.ENGINE AS engine, e.TRANSACTIONS AS transactions
  FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
  WHERE t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND ${notOwn('t.TABLE_SCHEMA')}
  ORDER BY t.TABLE_SCHEMA, t.TABLE_NAME`;

const views = `
  SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t FROM information_schema.TABLES
  WHERE TABLE_TYPE = 'VIEW' AND ${notOwn('TABLE_SCHEMA')}
  ORDER BY TABLE_SCHEMA, TABLE_NAME`;

/** Parts of an index that are expressions have no column. Of other than primary keys, those of parts of columns are none. */
const keys = `
  SELECT k.s, k.t, MAX(k.prefixes) AS prefixes FROM (
    SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, INDEX_NAME, SUM(SUB_PART IS NOT NULL) AS prefixes
    FROM information_schema.STATISTICS
    WHERE NON_UNIQUE = 0 AND ${notOwn('TABLE_SCHEMA')}
    GROUP BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME
    HAVING SUM(NULLABLE = 'YES') = 0 AND SUM(COLUMN_NAME IS NULL) = 0
      AND (INDEX_NAME = 'PRIMARY' OR SUM(SUB_PART IS NOT NULL) = 0)) k
  GROUP BY k.s, k.t`;

const cascades = `
  SELECT DISTINCT CONSTRAINT_SCHEMA AS s, TABLE_NAME AS t FROM information_schema.REFERENTIAL_CONSTRAINTS
  WHERE UPDATE_RULE IN ('CASCADE', 'SET NULL') OR DELETE_RULE IN ('CASCADE', 'SET NULL')`;

interface Name {
  readonly s: string;
  readonly t: string;
}

/** Names may hold dots, so that they are told apart as they are. */
const nameOf = ({ s, t }: Name): string => JSON.stringify([s, t]);

/** Every table that our user may see something of, but for the server's own. */
export const readTables = async (session: MysqlSession, signal: AbortSignal): Promise<readonly TableFacts[]> => {
  const options = { signal, doing: 'read the tables' };
  const found = await session.query<Name & { engine: string | null; transactions: string | null }>(tables, [], options);
  const indexed = await session.query<Name & { prefixes: string }>(keys, [], options);
  const prefixes = new Map(indexed.map((found) => [nameOf(found), Number(found.prefixes)]));
  const cascading = new Set((await session.query<Name>(cascades, [], options)).map(nameOf));
  return found.map(({ s, t, engine, transactions }) => ({
    schema: s,
    table: t,
    engine: engine ?? '',
    transactional: transactions === 'YES',
    keyed: prefixes.has(nameOf({ s, t })),
    ordered: prefixes.get(nameOf({ s, t })) === 0,
    cascades: cascading.has(nameOf({ s, t })),
  }));
};

/** A view, of which the log says nothing. */
export type ViewFacts = Pick<TableFacts, 'schema' | 'table'>;

/** Every view that our user may see, but for the server's own. */
export const readViews = async (session: MysqlSession, signal: AbortSignal): Promise<readonly ViewFacts[]> => {
  const found = await session.query<Name>(views, [], { signal, doing: 'read the names of views' });
  return found.map(({ s, t }) => ({ schema: s, table: t }));
};

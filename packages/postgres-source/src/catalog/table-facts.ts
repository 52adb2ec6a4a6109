import { type PostgresSession, quoteQualified } from '@millrace/postgres-client';

/** A relation of the database as far as capturing it matters (PostgreSQL manual, "pg_class"). */
export interface TableFacts {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly kind: 'table' | 'partitioned' | 'foreign' | 'view' | 'materialized-view' | 'sequence';
  readonly persistence: 'permanent' | 'unlogged' | 'temporary';
  /** It is a partition of another table. */
  readonly partition: boolean;
  readonly identity: 'key' | 'index' | 'full' | 'none';
  /** The log identifies its rows: `unidentified` is empty. */
  readonly identified: boolean;
  /**
   * The tables, quoted, that would have to log whole rows before updates and deletes are published. Of a partitioned table also
   * partitions that do not log its key: the server logs what the partition says and sends it as the partitioned table's.
   */
  readonly unidentified: readonly string[];
  /** The columns of the identity's index; under full identity those of the primary key. */
  readonly key: readonly string[] | null;
  /** Our role has the rights of its owner. */
  readonly owned: boolean;
}

interface Row {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
  readonly persistence: string;
  readonly partition: string;
  readonly identity: string;
  readonly unidentified: string | null;
  readonly key: string | null;
  readonly owned: string;
}

// An index identifies rows only if it is valid and checked at once (PostgreSQL manual, "ALTER TABLE", REPLICA IDENTITY).
const identityIndex = (relation: string): string => `
  SELECT x.indexrelid, x.indrelid, x.indkey, x.indnkeyatts FROM pg_index x
  WHERE x.indrelid = ${relation}.oid AND x.indisvalid AND x.indimmediate
    AND CASE ${relation}.relreplident WHEN 'i' THEN x.indisreplident WHEN 'n' THEN false ELSE x.indisprimary END`;

const identityColumns = (relation: string): string => `
  SELECT a.attname, k.place FROM (${identityIndex(relation)}) x
  CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY k(attnum, place)
  JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
  WHERE k.place <= x.indnkeyatts`;

const names = (relation: string): string => `SELECT i.attname FROM (${identityColumns(relation)}) i`;

const query = `
  SELECT c.oid, n.nspname AS schema, c.relname AS "table", c.relkind AS kind, c.relpersistence AS persistence,
    c.relispartition AS partition, c.relreplident AS identity, pg_has_role(c.relowner, 'USAGE') AS owned,
    (SELECT json_agg(json_build_array(u.nspname, l.relname) ORDER BY l.oid <> c.oid, l.oid)
      FROM (SELECT c.oid UNION
        SELECT relid FROM pg_partition_tree(CASE c.relkind WHEN 'p' THEN c.oid END) WHERE isleaf) logging(oid)
      JOIN pg_class l USING (oid) JOIN pg_namespace u ON u.oid = l.relnamespace
      WHERE l.relreplident <> 'f'
        AND (NOT EXISTS (${names('c')}) OR EXISTS (${names('c')} EXCEPT ${names('l')}))
    ) AS unidentified,
    (SELECT json_agg(i.attname ORDER BY i.place) FROM (${identityColumns('c')}) i) AS key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
    AND ($1::text IS NULL OR n.nspname || '.' || c.relname = $1)
  ORDER BY 2, 3`;

const kinds: Readonly<Record<string, TableFacts['kind']>> = {
  p: 'partitioned',
  f: 'foreign',
  v: 'view',
  m: 'materialized-view',
  S: 'sequence',
};
const persistences: Readonly<Record<string, TableFacts['persistence']>> = { u: 'unlogged', t: 'temporary' };
const identities: Readonly<Record<string, TableFacts['identity']>> = { d: 'key', i: 'index', f: 'full' };

const identityOf = (row: Row): TableFacts['identity'] => {
  const identity = identities[row.identity] ?? 'none';
  return identity === 'full' || row.key !== null ? identity : 'none';
};

const factsOf = (row: Row): TableFacts => ({
  oid: Number(row.oid),
  schema: row.schema,
  table: row.table,
  kind: kinds[row.kind] ?? 'table',
  persistence: persistences[row.persistence] ?? 'permanent',
  partition: row.partition === 't',
  identity: identityOf(row),
  identified: row.unidentified === null,
  unidentified: (JSON.parse(row.unidentified ?? '[]') as [string, string][]).map((name) => quoteQualified(...name)),
  key: row.key === null ? null : (JSON.parse(row.key) as string[]),
  owned: row.owned === 't',
});

/** Every table, and everything that could be mistaken for one, outside the system schemas. */
export const readTables = async (session: PostgresSession, signal?: AbortSignal): Promise<readonly TableFacts[]> => {
  const { rows } = await session.query<Row>(query, [null], { signal, doing: 'look at the tables' });
  return rows.map(factsOf);
};

/** The table of a qualified name, `null` when there is none. */
export const readTable = async (
  session: PostgresSession,
  name: string,
  signal?: AbortSignal,
): Promise<TableFacts | null> => {
  const { rows } = await session.query<Row>(query, [name], { signal, doing: `look at the table ${name}` });
  const [row] = rows;
  return row === undefined ? null : factsOf(row);
};

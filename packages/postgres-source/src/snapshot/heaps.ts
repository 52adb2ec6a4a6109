import type { PostgresSession } from '@millrace/postgres-client';
import type { TableFacts } from '../catalog/table-facts.ts';
import { fingerprintOf } from './fingerprint.ts';

/** Where rows of a captured table lie: the table itself, or one of the partitions that are published as it. */
export interface Heap {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly filenode: number;
  readonly fingerprint: string;
  readonly blocks: number;
  /** With its out-of-line values. */
  readonly bytes: number;
  /** An estimate; `null`: nobody has counted. */
  readonly rows: number | null;
}

interface Row {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
  readonly filenode: string | null;
  readonly fingerprint: string;
  readonly blocks: string;
  readonly bytes: string | null;
  readonly rows: string;
}

// A relation that is gone by now has no size.
const query = `
  SELECT c.oid, n.nspname AS schema, c.relname AS "table", c.relkind AS kind, pg_relation_filenode(c.oid) AS filenode,
    ${fingerprintOf('c.oid')} AS fingerprint, pg_table_size(c.oid) AS bytes, c.reltuples::bigint AS rows,
    COALESCE(pg_relation_size(c.oid), 0) / current_setting('block_size')::bigint AS blocks
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE (c.oid = $1 OR c.relkind = 'r' AND c.relpersistence = 'p'
      AND c.oid IN (SELECT relid FROM pg_partition_tree($1) WHERE isleaf))
    AND ($2::oid IS NULL OR c.oid = $2)
  ORDER BY c.oid`;

const heapOf = (row: Row): Heap => ({
  oid: Number(row.oid),
  schema: row.schema,
  table: row.table,
  filenode: Number(row.filenode ?? 0),
  fingerprint: row.fingerprint,
  blocks: Number(row.blocks),
  bytes: Number(row.bytes ?? 0),
  rows: row.kind === 'p' ? 0 : Number(row.rows) < 0 ? null : Number(row.rows),
});

const doing = 'look at the size of a table';

/** All heaps of a table; of a partitioned one without partitions the table itself, which holds nothing. */
export const readHeaps = async (
  session: PostgresSession,
  { oid }: TableFacts,
  signal: AbortSignal,
): Promise<readonly Heap[]> => {
  const { rows } = await session.query<Row>(query, [String(oid), null], { signal, doing });
  const heaps = rows.filter(({ kind }) => kind !== 'p');
  return (heaps.length > 0 ? heaps : rows).map(heapOf);
};

/** What heaps are by now. Waits for no lock: somebody may wait for one that we hold. */
export const readHeapVersions = async (
  session: PostgresSession,
  heaps: readonly Heap[],
  signal: AbortSignal,
): Promise<readonly Pick<Heap, 'oid' | 'filenode' | 'fingerprint'>[]> => {
  const text = `SELECT h.oid, pg_relation_filenode(h.oid) AS filenode, ${fingerprintOf('h.oid')} AS fingerprint
    FROM unnest($1::oid[]) h(oid) ORDER BY h.oid`;
  const oids = heaps.map(({ oid }) => String(oid));
  const { rows } = await session.query<Pick<Row, 'oid' | 'filenode' | 'fingerprint'>>(text, [oids], { signal, doing });
  return rows.map(({ oid, filenode, fingerprint }) => ({
    oid: Number(oid),
    filenode: Number(filenode ?? 0),
    fingerprint,
  }));
};

/** One of them; `null`: it is none any more. */
export const readHeap = async (
  session: PostgresSession,
  { oid }: TableFacts,
  heap: number,
  signal: AbortSignal,
): Promise<Heap | null> => {
  const { rows } = await session.query<Row>(query, [String(oid), String(heap)], { signal, doing });
  const [row] = rows;
  return row === undefined ? null : heapOf(row);
};

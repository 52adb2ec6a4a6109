import type pg from 'pg';
import type { Table } from '../workloads/workload.ts';

/** What stands for all rows of a table: how many there are, and the sum of a 64-bit hash of each. */
interface Fingerprint {
  readonly rows: string;
  readonly sum: string;
}

/** Fingerprints by table. */
export type Fingerprints = ReadonlyMap<string, Fingerprint>;

/** Rows as the table holds them, or as a stream that transforms makes them. */
export type RowState = 'as-they-are' | 'transformed';

const select = ({ name, transformed = 't::text' }: Table, state: RowState): string => {
  const row = state === 'transformed' ? transformed : 't::text';
  return `SELECT '${name}' AS name, count(*)::text AS rows,
    coalesce(sum(hashtextextended(${row}, 0)::numeric), 0)::text AS sum FROM ${name} t`;
};

/** The statement that fingerprints tables. */
export const fingerprintQuery = (tables: readonly Table[], state: RowState): string =>
  tables.map((table) => select(table, state)).join(' UNION ALL ');

export const readFingerprints = async (
  client: pg.Client,
  tables: readonly Table[],
  state: RowState,
): Promise<Fingerprints> => {
  const { rows } = await client.query<Fingerprint & { name: string }>(fingerprintQuery(tables, state));
  return new Map(rows.map(({ name, rows, sum }) => [name, { rows, sum }]));
};

/** The tables whose rows are not what they should be, each with both sides. */
export const differentTables = (expected: Fingerprints, found: Fingerprints): readonly string[] =>
  [...expected].flatMap(([table, { rows, sum }]) => {
    const other = found.get(table);
    if (other?.rows === rows && other.sum === sum) return [];
    return [`${table}: ${rows} rows with the sum ${sum} expected, ${other?.rows} with ${other?.sum} found`];
  });

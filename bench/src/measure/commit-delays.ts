import type pg from 'pg';

/** How long after the source's INSERT a row was committed at the target, in milliseconds. */
export interface Delays {
  readonly rows: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Seconds at the beginning that do not count. */
const warmUp = 2;

/**
 * The commit times come from the target's log: `pg_xact_commit_timestamp` would not do, because of a replicated
 * transaction it gives the time of the source's commit. Rows written in a subtransaction carry its number.
 */
const delayQuery = `
  WITH transactions AS (
    SELECT xid, description, substring(description FROM '^[^;]+')::timestamptz AS at
    FROM pg_get_wal_records_info($1, $2)
    WHERE resource_manager = 'Transaction' AND record_type = 'COMMIT'
  ), commits AS (
    SELECT xid, at FROM transactions
    UNION ALL
    SELECT regexp_split_to_table(substring(description FROM 'subxacts: ([0-9 ]+)'), ' ')::xid, at FROM transactions
  ), delays AS (
    SELECT extract(epoch FROM commits.at - events.sent) * 1000 AS ms
    FROM events LEFT JOIN commits ON commits.xid = events.xmin
    WHERE events.sent >= (SELECT min(sent) FROM events) + interval '${warmUp} s'
  )
  SELECT count(ms)::int AS rows, count(*)::int AS expected,
    percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms)::float8[] AS quantiles
  FROM delays`;

interface Row {
  readonly rows: number;
  readonly expected: number;
  readonly quantiles: readonly number[] | null;
}

/** The delays of the rows in `events` that were committed between two places of the target's log. */
export const readDelays = async (client: pg.Client, from: string, to: string): Promise<Delays> => {
  const { rows: found } = await client.query<Row>(delayQuery, [from, to]);
  const { rows = 0, expected = 0, quantiles = null } = found[0] ?? {};
  const [p50, p95, p99] = quantiles ?? [];
  if (rows === 0 || rows !== expected || p50 === undefined || p95 === undefined || p99 === undefined)
    throw new Error(`The log holds the commits of ${rows} rows out of ${expected}`);
  return { rows, p50, p95, p99 };
};

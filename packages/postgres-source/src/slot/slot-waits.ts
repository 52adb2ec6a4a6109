import type { PostgresSession } from '@millrace/postgres-client';

/** A transaction that writes and has not ended. */
export interface RunningTransaction {
  /** `null` for a prepared one, which no process belongs to. */
  readonly pid: number | null;
  /** The name of a prepared one. */
  readonly prepared: string | null;
  /** `null` where our role may not see it. */
  readonly ageMs: number | null;
}

interface Row {
  readonly pid: string | null;
  readonly prepared: string | null;
  readonly age: string | null;
}

// Locks on transaction ids are visible to every role, the ids in pg_stat_activity are not.
const query = `
  SELECT l.pid, NULL AS prepared, round(extract(epoch FROM clock_timestamp() - a.xact_start) * 1000) AS age
  FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid IS NOT NULL
    AND l.pid IS DISTINCT FROM $1::int AND ($2::text[] IS NULL OR l.transactionid::text = ANY ($2))
  UNION ALL
  SELECT NULL, gid, round(extract(epoch FROM clock_timestamp() - prepared) * 1000) FROM pg_prepared_xacts
  WHERE $2::text[] IS NULL OR transaction::text = ANY ($2)
  ORDER BY age DESC NULLS LAST LIMIT 20`;

/** Which transactions to look for; all running ones unless told. */
export interface TransactionFilter {
  readonly exceptPid?: number;
  readonly xids?: readonly bigint[];
}

/** Running transactions with an id, in all databases; the oldest 20 first. What making a slot waits for. */
export const runningTransactions = async (
  session: PostgresSession,
  { exceptPid, xids }: TransactionFilter,
  signal: AbortSignal,
): Promise<readonly RunningTransaction[]> => {
  const doing = 'look for running transactions';
  // The server's own lists have the lower half of an id.
  const ids = xids?.map((xid) => String(BigInt.asUintN(32, xid))) ?? null;
  const { rows } = await session.query<Row>(query, [exceptPid ?? null, ids], { signal, doing });
  return rows.map(({ pid, prepared, age }) => ({
    pid: pid === null ? null : Number(pid),
    prepared,
    ageMs: age === null ? null : Math.max(0, Number(age)),
  }));
};

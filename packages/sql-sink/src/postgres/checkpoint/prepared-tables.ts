import { type PostgresSession, quoteLiteral } from '@millrace/postgres-client';
import { type Claim, checkpointTable, claimCondition } from './checkpoint-sql.ts';

/** The tables whose policies were applied in the snapshot of a checkpoint. A table of an older version has no such column. */
export const readPreparedTables = async (
  session: PostgresSession,
  { schema, stream, sink }: Pick<Claim, 'schema' | 'stream' | 'sink'>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const { rows } = await session.query<{ prepared: string | null }>(
    `SELECT to_jsonb(c) -> 'prepared' AS prepared FROM ${checkpointTable(schema)} c WHERE stream = $1 AND sink = $2`,
    [stream, sink],
    { signal, doing: 'read which target tables were prepared' },
  );
  const names: readonly string[] = JSON.parse(rows[0]?.prepared ?? '[]');
  return new Set(names);
};

/** Adds tables to them if this connection still owns the checkpoint: exactly one row, or it is fenced. */
export const recordPreparedTables = (claim: Claim, tables: readonly string[]): string =>
  `UPDATE ${checkpointTable(claim.schema)} SET prepared = prepared || ARRAY[${tables.map(quoteLiteral).join(', ')}]::text[]
WHERE ${claimCondition(claim)}`;

import { quoteLiteral, type ScriptSession } from '@millrace/mysql-client';
import { belongsTo, type Claim, checkpointTable, claimCondition, type RowName } from './checkpoint-sql.ts';

/** The tables whose policies were applied in the snapshot of a checkpoint. */
export const readPreparedTables = async (
  session: ScriptSession,
  name: RowName,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const [row] = await session.query<{ prepared: string }>(
    `SELECT prepared FROM ${checkpointTable(name.schema)} WHERE ${belongsTo(name)}`,
    [],
    { signal, doing: 'read which target tables were prepared' },
  );
  const names: readonly string[] = JSON.parse(row?.prepared ?? '[]');
  return new Set(names);
};

/**
 * Makes these all that were prepared, those that were read before included, if this connection still owns the checkpoint:
 * exactly one row, or it is fenced. Nobody else writes them in between.
 */
export const recordPreparedTables = (claim: Claim, tables: Iterable<string>): string =>
  `UPDATE ${checkpointTable(claim.schema)} SET prepared = ${quoteLiteral(JSON.stringify([...tables]))} WHERE ${claimCondition(claim)}`;

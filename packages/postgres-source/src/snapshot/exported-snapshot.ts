import { type PostgresSession, quoteLiteral } from '@millrace/postgres-client';
import { parseSnapshot, type TransactionSnapshot } from './transaction-snapshot.ts';

/** What a snapshot that another connection has exported sees (PostgreSQL manual, "SET TRANSACTION SNAPSHOT"). */
export const readExportedSnapshot = async (
  session: PostgresSession,
  name: string,
  signal: AbortSignal,
): Promise<TransactionSnapshot> => {
  const statements = [
    'BEGIN ISOLATION LEVEL REPEATABLE READ',
    `SET TRANSACTION SNAPSHOT ${quoteLiteral(name)}`,
    'SELECT pg_catalog.pg_current_snapshot()',
    'COMMIT',
  ];
  const doing = 'look at what is visible where the slot starts';
  const outcomes = await session.script(statements.join('; '), { signal, doing });
  return parseSnapshot(outcomes[2]?.row?.[0] ?? '');
};

export const readCurrentSnapshot = async (
  session: PostgresSession,
  signal: AbortSignal,
): Promise<TransactionSnapshot> => {
  const doing = 'look at what is visible';
  const text = 'SELECT pg_catalog.pg_current_snapshot() AS snapshot';
  const { rows } = await session.query<{ snapshot: string }>(text, [], { signal, doing });
  return parseSnapshot(rows[0]?.snapshot ?? '');
};

import { qualifiedName, type Relation } from '@millrace/core';
import { type PostgresSession, quoteQualified } from '@millrace/postgres-client';
import { sqlSinkError } from '../../error-table.ts';

/**
 * Rejects `TARGET_NOT_EMPTY` unless all of these tables are empty. A row that a copy has not written may be older than
 * the log that is replayed over it: a change that does not say all columns would leave it half old for ever.
 */
export const requireEmpty = async (
  session: PostgresSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<void> => {
  if (relations.length === 0) return;
  const quoted = relations.map(({ schema, table }) => quoteQualified(schema, table));
  const questions = quoted.map((table, at) => `SELECT ${at} AS at WHERE EXISTS (SELECT FROM ${table})`);
  const doing = 'look for rows at the target';
  const { rows } = await session.query<{ at: string }>(questions.join(' UNION ALL '), [], { signal, doing });
  if (rows.length === 0) return;
  const names = rows.flatMap(({ at }) => relations[Number(at)] ?? []).map(qualifiedName);
  throw sqlSinkError('TARGET_NOT_EMPTY', `Rows are to be copied into tables that hold some: ${names.join(', ')}`, {
    hint: `TRUNCATE ${rows.map(({ at }) => quoted[Number(at)]).join(', ')}; at the target, or snapshot: 'never'`,
    details: { tables: names },
  });
};

import { qualifiedName, type Relation } from '@millrace/core';
import { quoteQualified, type ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import { tablesWithRows } from './tables-with-rows.ts';

/**
 * Rejects `TARGET_NOT_EMPTY` unless all of these tables are empty. A row that a copy has not written may be older than
 * the log that is replayed over it: a change that does not say all columns would leave it half old for ever.
 */
export const requireEmpty = async (
  session: ScriptSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<void> => {
  const tables = relations.map((relation) => ({ relation }));
  const found = (await tablesWithRows(session, tables, signal)).map(({ relation }) => relation);
  if (found.length === 0) return;
  const names = found.map(qualifiedName);
  const truncate = found.map(({ schema, table }) => `TRUNCATE TABLE ${quoteQualified(schema, table)};`);
  throw sqlSinkError('TARGET_NOT_EMPTY', `Rows are to be copied into tables that hold some: ${names.join(', ')}`, {
    hint: `${truncate.join(' ')} at the target, or snapshot: 'never'`,
    details: { tables: names },
  });
};

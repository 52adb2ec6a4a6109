import type { Relation } from '@millrace/core';
import { quoteQualified, type ScriptSession } from '@millrace/mysql-client';
import { withGrant } from '../checkpoint/checkpoint-grant.ts';

/** Those of these tables that hold a row. */
export const tablesWithRows = async <T extends { readonly relation: Relation }>(
  session: ScriptSession,
  tables: readonly T[],
  signal: AbortSignal,
): Promise<readonly T[]> => {
  const found = new Set<T>();
  const databases = new Set(tables.map(({ relation }) => relation.schema));
  for (const database of databases) {
    const here = tables.filter(({ relation }) => relation.schema === database);
    const questions = here.map(
      ({ relation }) => `SELECT EXISTS (SELECT 1 FROM ${quoteQualified(database, relation.table)})`,
    );
    const options = { signal, doing: 'look for rows at the target' };
    const outcomes = await withGrant(session, database, signal, () => session.script(questions, options));
    for (const [at, table] of here.entries()) if (outcomes[at]?.rows[0]?.[0] === '1') found.add(table);
  }
  return tables.filter((table) => found.has(table));
};

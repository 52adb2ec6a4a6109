import { qualifiedName, type UniqueIndex as SourceIndex } from '@millrace/core';
import { quoteIdentifier, quoteQualified, type ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import type { WantedTable } from '../../policies/wanted-table.ts';
import { isExactCollation } from './collation.ts';
import { readTargetTables } from './read-target-tables.ts';
import { planTable } from './table-plan.ts';
import type { TargetTable, UniqueIndex } from './target-table.ts';

/** The column that a term of PostgreSQL names, or an expression, which is the name of none. */
const columnOf = (term: string): string => (/^".*"$/s.test(term) ? term.slice(1, -1).replaceAll('""', '"') : term);

/** Whether no two rows of the source hold the same values of it. */
const isImplied = ({ columns }: UniqueIndex, target: TargetTable, unique: readonly SourceIndex[]): boolean => {
  const exact = (columns ?? []).filter((name) =>
    isExactCollation(target.columns.find((column) => column.name === name)?.collation ?? null),
  );
  return unique.some(
    ({ terms, predicate }) => predicate === null && terms.every((term) => exact.includes(columnOf(term))),
  );
};

/**
 * Rejects `TARGET_INDEX_STRICTER` for a unique index of the target that the source's tables do not imply. While rows are
 * copied, one that collides on it makes the other give way, which would not come back: the source may hold both.
 */
export const requireNoStricter = async (
  session: ScriptSession,
  wanted: readonly WantedTable[],
  signal: AbortSignal,
): Promise<void> => {
  const relations = wanted.map(({ relation }) => relation);
  const tables = await readTargetTables(session, relations, signal);
  for (const { relation, source } of wanted) {
    if (relation.unique === undefined) continue;
    const { unique } = relation;
    const plan = planTable(0, relation, tables.get(qualifiedName(relation)), 'left-out', source, session.server);
    const stricter = plan.secondary.find((index) => !isImplied(index, plan.target, unique));
    if (stricter === undefined) continue;
    const table = qualifiedName(relation);
    throw sqlSinkError(
      'TARGET_INDEX_STRICTER',
      `Unique index ${stricter.name} of ${table} at the target may refuse rows that the source holds: it has no such index`,
      {
        hint: `ALTER TABLE ${quoteQualified(relation.schema, relation.table)} DROP INDEX ${quoteIdentifier(stricter.name)}; at the target, or create it at the source`,
        details: { table, index: stricter.name },
      },
    );
  }
};

import { qualifiedName, type Relation, type UniqueIndex } from '@millrace/core';
import { type PostgresSession, quoteQualified } from '@millrace/postgres-client';
import { sqlSinkError } from '../../error-table.ts';
import { unquoted } from '../../target/target-names.ts';
import { readTargetTables } from './read-target-tables.ts';
import { readSecondaryKeys, type SecondaryKey } from './secondary-keys.ts';
import { planTable } from './table-plan.ts';

/** Whether no two rows of the source hold the same values of it. */
const isImplied = ({ terms, predicate, nullsEqual }: SecondaryKey, unique: readonly UniqueIndex[]): boolean => {
  // They come in parentheses.
  const texts = new Set(terms.map(({ sql }) => unquoted(sql.slice(1, -1))));
  return unique.some(
    (index) =>
      index.terms.every((term) => texts.has(unquoted(term))) &&
      (index.predicate === null || index.predicate === predicate) &&
      (index.nullsEqual || !nullsEqual),
  );
};

/**
 * Rejects `TARGET_INDEX_STRICTER` for a unique index of the target that the source's tables do not imply. While rows are
 * copied, one that collides on it makes the other give way, which would not come back: the source may hold both.
 */
export const requireNoStricter = async (
  session: PostgresSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<void> => {
  const tables = await readTargetTables(session, relations, signal);
  for (const relation of relations) {
    if (relation.unique === undefined) continue;
    const plan = planTable(0, relation, tables.get(qualifiedName(relation)));
    const secondary = await readSecondaryKeys(session, plan, signal);
    const stricter = secondary.find((key) => !isImplied(key, relation.unique ?? []));
    if (stricter === undefined) continue;
    const table = qualifiedName(relation);
    throw sqlSinkError(
      'TARGET_INDEX_STRICTER',
      `Unique index ${stricter.name} of ${table} at the target may refuse rows that the source holds: it has no such index`,
      {
        hint: `DROP INDEX ${quoteQualified(relation.schema, stricter.name)}; (or its constraint) at the target, or create it at the source`,
        details: { table, index: stricter.name },
      },
    );
  }
};

import type { ValidationItem } from '../contracts/validation.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import { entriesFor } from '../pipeline/table-selection.ts';
import type { Projections } from './projections.ts';

const failed = (message: string, fix: string | null): ValidationItem => ({
  code: 'COLUMNS_NOT_POSSIBLE',
  state: 'failed',
  level: 'error',
  path: 'tables',
  message,
  fix,
});

/** What of the options about columns does not fit the tables that there are. */
export const projectionProblems = (
  projections: Projections,
  relations: readonly Relation[],
): readonly ValidationItem[] => {
  const { tables } = projections;
  const impossible = relations.flatMap((relation) => projections.problem(relation) ?? []);
  const unknown = tables.flatMap((entry) => {
    const own = relations.filter((relation) => entriesFor(tables, qualifiedName(relation)).includes(entry));
    // A table that is not there is the source's to report.
    if (own.length === 0) return [];
    const there = new Set(own.flatMap(({ columns }) => columns.map(({ name }) => name)));
    const named = [...(entry.columns ?? []), ...(entry.exclude ?? []), ...Object.keys(entry.mask ?? {})];
    return named.filter((name) => !there.has(name)).map((name) => `${entry.name} has no column "${name}"`);
  });
  return [
    ...impossible.map(({ message, hint }) => failed(message, hint)),
    ...[...new Set(unknown)].map((message) => failed(message, 'Name columns that there are.')),
  ];
};

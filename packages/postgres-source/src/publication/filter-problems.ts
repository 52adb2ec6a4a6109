import { qualifiedName, type ValidationItem } from '@millrace/core';
import { quoteIdentifier, quoteQualified, sqlstateOf } from '@millrace/postgres-client';
import type { SelectedTable } from '../catalog/select-tables.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { failed } from '../validation/report.ts';
import { type OtherRows, type PublicationPlan, publishedTable } from './publication-plan.ts';

/** In one transaction, so that no change is published in between by no rule. */
const fixOf = ({ table, publication, isIdentified }: OtherRows): string => {
  const { facts } = table;
  const name = qualifiedName(facts);
  if (publication.allTables)
    return `a publication of the tables alone, e.g. the stream's own: publication: '…', whose slot is made with it`;
  const alter = `ALTER PUBLICATION ${quoteIdentifier(publication.name)}`;
  const quoted = quoteQualified(facts.schema, facts.table);
  // Without it the application's own updates and deletes would fail from then on.
  const identify = isIdentified ? '' : `ALTER TABLE ${quoted} REPLICA IDENTITY FULL; `;
  const drop = `${alter} DROP TABLE ${quoted};`;
  return `BEGIN; ${identify}${drop} ${alter} ADD TABLE ${publishedTable(table)}; COMMIT; -- and then, for rows that were delivered: stream.backfill('${name}')`;
};

/** What of the conditions on tables cannot be kept. */
export const filterProblems = ({ unfiltered, otherRows }: PublicationPlan): readonly ValidationItem[] => [
  ...unfiltered.map(({ table, problem }) =>
    failed('ROW_FILTER_NOT_POSSIBLE', {
      path: 'tables',
      message: `The condition (where) of ${qualifiedName(table.facts)} cannot be used: ${problem}`,
      fix: 'correct it, or drop rows in transform',
    }),
  ),
  ...otherRows.map((other) => {
    const { table, publication } = other;
    const published = publication.tables.get(qualifiedName(table.facts))?.rowFilter ?? null;
    const rows = published === null ? 'all rows' : `rows where ${published}`;
    return failed('ROW_FILTER_DIFFERS', {
      path: 'tables',
      message: `Publication ${publication.name} publishes ${rows} of ${qualifiedName(table.facts)}, the stream asks for ${table.where === null ? 'all' : `those where ${table.where}`}`,
      fix: fixOf(other),
    });
  }),
];

/** What a server says that refuses to publish tables: not every condition of a table may be one of a publication. */
export const publicationRefused = (error: unknown, tables: readonly SelectedTable[]): unknown => {
  if (sqlstateOf(error) !== '0A000' || !(error instanceof Error)) return error;
  const names = tables.filter(({ where }) => where !== null).map(({ facts }) => qualifiedName(facts));
  if (names.length === 0) return error;
  return sourceError(
    'ROW_FILTER_NOT_POSSIBLE',
    `The condition (where) of ${names.join(' or ')} cannot be published: ${error.message}`,
    {
      hint: 'use columns, constants, and built-in operators and functions that are immutable',
      details: { tables: names },
      cause: error,
    },
  );
};

/** Throws for conditions that cannot be kept. */
export const refuseFilters = (plan: PublicationPlan): void => {
  const [problem] = filterProblems(plan);
  if (problem === undefined) return;
  const code = problem.code === 'ROW_FILTER_DIFFERS' ? 'ROW_FILTER_DIFFERS' : 'ROW_FILTER_NOT_POSSIBLE';
  throw sourceError(code, problem.message, { hint: problem.fix ?? undefined });
};

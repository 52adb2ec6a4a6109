import { MillraceError, type ValidationItem } from '@millrace/core';
import { failed, passed } from '../validation/report.ts';
import type { DescribedQuery } from './describe-queries.ts';

const code = 'QUERY_NOT_POSSIBLE';
const path = 'tables';

/** Whether tables can be made from the queries that are asked for. */
export const validateQueries = (described: readonly DescribedQuery[]): readonly ValidationItem[] => {
  const problems = described.flatMap(({ found }) => (found instanceof MillraceError ? [found] : []));
  if (problems.length > 0)
    return problems.map(({ message, hint }) => failed(code, { path, message, fix: hint ?? null }));
  return described.length === 0 ? [] : [passed(code, path, 'Every query can be run')];
};

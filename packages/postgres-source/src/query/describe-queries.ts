import { MillraceError, qualifiedName, type Relation, type SelectedTable } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import type { TableFacts } from '../catalog/table-facts.ts';
import { ValueForms } from '../values/value-forms.ts';
import { beginReading, describeRows, notPossible, type QueryTable, queryTables } from './query-table.ts';

export interface DescribedQuery {
  readonly table: QueryTable;
  /** What the table is, or why it is none. */
  readonly found: Relation | MillraceError;
}

/** What the log says of a table of this name would be taken for the query's. */
const isTaken = ({ name }: QueryTable, catalog: readonly TableFacts[]): boolean =>
  catalog.some((facts) => (facts.kind === 'table' || facts.kind === 'partitioned') && qualifiedName(facts) === name);

const describe = async (
  session: PostgresSession,
  table: QueryTable,
  catalog: readonly TableFacts[],
  signal: AbortSignal,
): Promise<DescribedQuery> => {
  if (isTaken(table, catalog)) return { table, found: notPossible(table, 'a table of the source has this name') };
  await session.script(beginReading, { signal });
  try {
    const { relation } = await describeRows(session, table, new ValueForms(), signal);
    return { table, found: relation };
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'QUERY_NOT_POSSIBLE') return { table, found: error };
    throw error;
  } finally {
    await session.script('ROLLBACK', { signal });
  }
};

/** The tables that are made from queries, one after the other. `catalog`: the source's own tables. */
export const describeQueries = async (
  session: PostgresSession,
  requested: readonly SelectedTable[],
  catalog: readonly TableFacts[],
  signal: AbortSignal,
): Promise<readonly DescribedQuery[]> => {
  const described: DescribedQuery[] = [];
  for (const table of queryTables(requested)) described.push(await describe(session, table, catalog, signal));
  return described;
};

import { qualifiedName } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import type { TableFacts } from '../catalog/table-facts.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { publicationNames } from '../publication/publication-plan.ts';

/** What of a table is published, and so copied: the log has nothing of the rest. */
export interface PublishedPart {
  /** `null`: all that are not generated. Older servers than 18 name those too, and never log them. */
  readonly columns: readonly string[] | null;
  /** An SQL condition on the columns; `null`: all rows. */
  readonly filter: string | null;
  readonly updates: boolean;
}

interface Row {
  readonly publication: string;
  readonly columns: string | null;
  readonly filter: string | null;
  readonly updates: string;
}

// Both columns exist since PostgreSQL 15, so they are read through the row as a whole (PostgreSQL manual,
// "pg_publication_tables").
const query = `
  SELECT t.pubname AS publication, to_jsonb(t) -> 'attnames' AS columns, to_jsonb(t) ->> 'rowfilter' AS filter,
    p.pubupdate AS updates
  FROM pg_publication_tables t JOIN pg_publication p ON p.pubname = t.pubname
  WHERE t.pubname = ANY ($1) AND t.schemaname = $2 AND t.tablename = $3`;

/** Rejects `PUBLICATION_INCOMPLETE` for a table that is not published, `TABLE_NOT_COPYABLE` for one of several parts. */
export const readPublishedPart = async (
  session: PostgresSession,
  facts: TableFacts,
  publication: string,
  signal: AbortSignal,
): Promise<PublishedPart> => {
  const { main, insert } = publicationNames(publication);
  const values = [[main, insert], facts.schema, facts.table];
  const { rows } = await session.query<Row>(query, values, { signal, doing: 'look at what is published' });
  const [row] = rows;
  const table = qualifiedName(facts);
  const details = { table, publications: [main, insert] };
  if (row === undefined) {
    throw sourceError('PUBLICATION_INCOMPLETE', `Publication ${main} does not publish ${table}`, { details });
  }
  if (rows.some(({ columns, filter }) => columns !== row.columns || filter !== row.filter)) {
    throw sourceError(
      'TABLE_NOT_COPYABLE',
      `Publications ${rows.map((one) => one.publication).join(' and ')} publish different parts of ${table}`,
      { hint: `publish the table in one of them, or with the same rows and columns`, details },
    );
  }
  return {
    columns: row.columns === null ? null : (JSON.parse(row.columns) as string[]),
    filter: row.filter,
    updates: rows.some(({ updates }) => updates === 't'),
  };
};

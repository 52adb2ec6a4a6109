import { qualifiedName } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import type { SelectedTable } from '../catalog/select-tables.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { readPublications, unpublished } from './publication-facts.ts';

const query = `
  SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = ANY ($1::oid[]) AND n.nspname || '.' || c.relname = ANY ($2)`;

/**
 * Why a stream cannot go on that reads these tables by publications: the server leaves out what is not published any more, and
 * says nothing. `null`: it can. A table that was dropped or renamed is published no more either, of which others tell.
 */
export const takenOut = async (
  session: PostgresSession,
  publications: readonly string[],
  tables: readonly SelectedTable[],
  signal: AbortSignal,
): Promise<Error | null> => {
  const found = await readPublications(session, publications, signal);
  const lacking = unpublished(tables, found);
  if (lacking.length === 0) return null;
  const { rows } = await session.query<{ name: string }>(
    query,
    [lacking.map(({ oid }) => String(oid)), lacking.map(qualifiedName)],
    { signal, doing: 'look at the tables' },
  );
  const names = rows.map(({ name }) => name);
  if (names.length === 0) return null;
  return sourceError('PUBLICATION_CHANGED', `What is captured of ${names.join(', ')} is not published any more`, {
    details: { publications, tables: names },
  });
};

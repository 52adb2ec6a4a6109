import type { Relation, SourceContext } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { publishedOperations, readPublications } from '../publication/publication-facts.ts';
import { publicationNames } from '../publication/publication-plan.ts';
import type { ResolvedOptions, SourceNames } from '../source-options.ts';
import { readRelations } from './relations.ts';
import { selectTables } from './select-tables.ts';
import { readTables } from './table-facts.ts';

/** The captured tables as the catalog has them now: what is published, or would be. */
export const describeSource = async (
  session: PostgresSession,
  context: SourceContext,
  { names, options }: { readonly names: SourceNames; readonly options: ResolvedOptions },
  signal: AbortSignal,
): Promise<readonly Relation[]> => {
  const { main, insert } = publicationNames(names.publication);
  const publications = await readPublications(session, [main, insert], signal);
  const published = publishedOperations(publications);
  const viaRoot = publications[0]?.viaRoot ?? options.publishViaPartitionRoot;
  const { tables } = selectTables(context.tables, await readTables(session, signal), { viaRoot, published });
  return readRelations(
    session,
    tables.map(({ facts }) => facts),
    signal,
  );
};

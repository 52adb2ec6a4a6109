import { type Column, MillraceError, qualifiedName, type Relation, type SourceContext } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { sourceError } from '../postgres-source-errors.ts';
import { publishedOperations, readPublications } from '../publication/publication-facts.ts';
import { publicationNames } from '../publication/publication-plan.ts';
import { describeQueries } from '../query/describe-queries.ts';
import type { ResolvedOptions, SourceNames } from '../source-options.ts';
import { readRelations } from './relations.ts';
import { ambiguousNames, type Selection, selectTables } from './select-tables.ts';
import { readTables } from './table-facts.ts';

/** Of two tables under one name, nobody could tell whose rows are whose. */
const refuseAmbiguous = (selection: Selection): void => {
  const tables = ambiguousNames(selection);
  if (tables.length === 0) return;
  throw sourceError('TABLE_AMBIGUOUS', `More than one captured table is called ${tables.join(', ')}`, {
    hint: 'Leave both out, or rename one of them or its schema: ALTER TABLE … RENAME TO …',
    details: { tables },
  });
};

/** The captured tables as the catalog has them now: what is published, or would be; and those that are made from queries. */
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
  const catalog = await readTables(session, signal);
  const selection = selectTables(context.tables, catalog, { viaRoot, published });
  refuseAmbiguous(selection);
  const relations = await readRelations(
    session,
    selection.tables.map(({ facts }) => facts),
    signal,
  );
  const queries = (await describeQueries(session, context.tables, catalog, signal)).map(({ found }) => {
    if (found instanceof MillraceError) throw found;
    return found;
  });
  const tables = relations.map((relation) => {
    const parts = publications.flatMap((publication) => publication.tables.get(qualifiedName(relation)) ?? []);
    const columns = parts.find((part) => part.columns !== null)?.columns ?? null;
    return columns === null ? relation : publishedPart(relation, columns);
  });
  return [...tables, ...queries];
};

/** What the log has of a table of which the publication lists columns. */
const publishedPart = (relation: Relation, names: readonly string[]): Relation => {
  const columns = relation.columns.filter(({ name }) => names.includes(name));
  const places = (relation.key ?? []).map((index) => columns.indexOf(relation.columns[index] as Column));
  const key = places.filter((place) => place >= 0);
  return { ...relation, columns, key: key.length === 0 ? null : key };
};

import { type Operation, qualifiedName } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import type { PublishedOperations, SelectedTable } from '../catalog/select-tables.ts';
import type { TableFacts } from '../catalog/table-facts.ts';

/** A publication as the catalog has it (PostgreSQL manual, "pg_publication", "pg_publication_tables"). */
export interface PublicationFacts {
  readonly name: string;
  readonly allTables: boolean;
  readonly operations: readonly Operation[];
  readonly viaRoot: boolean;
  readonly comment: string | null;
  /** `schema.table` of each published table, with what the publication leaves out of it. */
  readonly tables: ReadonlyMap<string, PublishedTable>;
}

interface PublishedTable {
  /** The condition its rows must meet, `null` for all rows. */
  readonly rowFilter: string | null;
  /** `null`: it has no list of columns. */
  readonly columns: readonly string[] | null;
}

interface Row {
  readonly pubname: string;
  readonly puballtables: string;
  readonly pubinsert: string;
  readonly pubupdate: string;
  readonly pubdelete: string;
  readonly pubtruncate: string;
  readonly pubviaroot: string;
  readonly comment: string | null;
  readonly tables: string | null;
}

// Row filters and column lists exist since PostgreSQL 15, so they are read through the rows as a whole.
const query = `
  SELECT p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
    obj_description(p.oid, 'pg_publication') AS comment,
    (SELECT json_agg(json_build_object(
        'name', t.schemaname || '.' || t.tablename,
        'rowFilter', to_jsonb(t) ->> 'rowfilter',
        'columns', CASE WHEN to_jsonb(r) ->> 'prattrs' IS NOT NULL THEN to_jsonb(t) -> 'attnames' END))
      FROM pg_publication_tables t
      JOIN pg_namespace n ON n.nspname = t.schemaname
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
      LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
      WHERE t.pubname = p.pubname) AS tables
  FROM pg_publication p
  WHERE p.pubname = ANY ($1)`;

const operationsOf = (row: Row): readonly Operation[] => {
  const published = { insert: row.pubinsert, update: row.pubupdate, delete: row.pubdelete, truncate: row.pubtruncate };
  return (['insert', 'update', 'delete', 'truncate'] as const).filter((operation) => published[operation] === 't');
};

const tablesOf = (json: string | null): ReadonlyMap<string, PublishedTable> => {
  const tables = json === null ? [] : (JSON.parse(json) as (PublishedTable & { readonly name: string })[]);
  return new Map(tables.map(({ name, rowFilter, columns }) => [name, { rowFilter, columns }]));
};

/** Those of the named publications that exist, in the order of the names. */
export const readPublications = async (
  session: PostgresSession,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly PublicationFacts[]> => {
  const { rows } = await session.query<Row>(query, [names], { signal, doing: 'look at the publications' });
  return rows
    .map((row) => ({
      name: row.pubname,
      allTables: row.puballtables === 't',
      operations: operationsOf(row),
      viaRoot: row.pubviaroot === 't',
      comment: row.comment,
      tables: tablesOf(row.tables),
    }))
    .sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
};

/** What several publications publish together; `null` when there are none. */
export const publishedOperations = (publications: readonly PublicationFacts[]): PublishedOperations | null => {
  if (publications.length === 0) return null;
  const published = new Map<string, ReadonlySet<Operation>>();
  for (const { tables, operations } of publications) {
    for (const name of tables.keys()) published.set(name, new Set([...(published.get(name) ?? []), ...operations]));
  }
  return published;
};

/** Tables of which publications do not publish what is captured. */
export const unpublished = (
  tables: readonly SelectedTable[],
  publications: readonly PublicationFacts[],
): readonly TableFacts[] => {
  const published = publishedOperations(publications);
  const isPublished = ({ facts, operations }: SelectedTable) =>
    [...operations].every((operation) => published?.get(qualifiedName(facts))?.has(operation));
  return tables.filter((table) => !isPublished(table)).map(({ facts }) => facts);
};

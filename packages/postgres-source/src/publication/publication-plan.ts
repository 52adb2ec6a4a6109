import { type Operation, qualifiedName } from '@millrace/core';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '@millrace/postgres-client';
import type { SelectedTable } from '../catalog/select-tables.ts';
import type { PublicationFacts } from './publication-facts.ts';
import type { RowFilters } from './row-filters.ts';

/** The publications of a stream: the main one, and one for tables whose rows the log cannot identify. */
export const publicationNames = (publication: string): { readonly main: string; readonly insert: string } => ({
  main: publication,
  // The server would cut a longer name silently, and then not be asked for it again by that name.
  insert: `${withinBytes(publication, 63 - '_insert'.length)}_insert`,
});

/** As much of a name as has so many bytes. */
export const withinBytes = (name: string, bytes: number): string => {
  let cut = name;
  while (Buffer.byteLength(cut) > bytes) cut = cut.slice(0, -1);
  return cut;
};

/** How a stream knows again what it made. */
export const publicationComment = (streamId: string): string => `millrace ${streamId}`;

export interface PublicationRequest {
  readonly streamId: string;
  readonly publication: string;
  readonly viaRoot: boolean;
  readonly tables: readonly SelectedTable[];
  /** Those of `publicationNames` that exist. */
  readonly existing: readonly PublicationFacts[];
  /** What the server makes of the conditions of the tables. */
  readonly filters?: RowFilters;
}

/** A table of which a publication publishes other rows than are asked for. */
export interface OtherRows {
  readonly table: SelectedTable;
  readonly publication: PublicationFacts;
  /** As `RowFilter.isIdentified`, for what is asked for. */
  readonly isIdentified: boolean;
}

export interface PublicationPlan {
  /** Run in one transaction, before the slot is made. */
  readonly statements: readonly string[];
  /** Of them, those that make no publication and may so be run at any time: changes are published from then on. */
  readonly additions: readonly string[];
  /** What the statements publish. */
  readonly made: readonly SelectedTable[];
  /** Tables that cannot be published as asked without making the application's own statements fail. */
  readonly unidentified: readonly SelectedTable[];
  /** Tables whose condition is none, with the reason. */
  readonly unfiltered: readonly { readonly table: SelectedTable; readonly problem: string }[];
  readonly otherRows: readonly OtherRows[];
}

export const publishesChanges = (operations: ReadonlySet<Operation>): boolean =>
  operations.has('update') || operations.has('delete');

/** A table as a publication lists it. */
export const publishedTable = ({ facts, where }: SelectedTable): string =>
  `${quoteQualified(facts.schema, facts.table)}${where === null ? '' : ` WHERE (${where}\n)`}`;

const tableList = (tables: readonly SelectedTable[]): string => tables.map(publishedTable).join(', ');

const create = (
  { streamId, viaRoot }: PublicationRequest,
  name: string,
  tables: readonly SelectedTable[],
  operations: readonly Operation[],
): string[] => {
  const list = tableList(tables);
  const publish = operations.join(', ');
  return [
    `CREATE PUBLICATION ${quoteIdentifier(name)}${list && ` FOR TABLE ${list}`} WITH (publish = '${publish}', publish_via_partition_root = ${viaRoot})`,
    `COMMENT ON PUBLICATION ${quoteIdentifier(name)} IS ${quoteLiteral(publicationComment(streamId))}`,
  ];
};

const covered = (existing: readonly PublicationFacts[], { facts, operations }: SelectedTable): boolean =>
  [...operations].every((operation) =>
    existing.some(
      (publication) => publication.tables.has(qualifiedName(facts)) && publication.operations.includes(operation),
    ),
  );

/**
 * What has to be made so that the tables are published. A publication that exists is used as it is, but for the
 * stream's own, to which tables are added. Invariant 13: a
 * table without replica identity is never put where its updates or deletes are published, because PostgreSQL then
 * rejects those statements of the application (PostgreSQL manual, "Publication", replica identity); for inserts alone
 * there is a publication of its own.
 */
export const publicationPlan = (request: PublicationRequest): PublicationPlan => {
  const { publication, tables, existing, filters = new Map() } = request;
  const isIdentified = ({ facts }: SelectedTable) =>
    facts.identified && filters.get(qualifiedName(facts))?.isIdentified !== false;
  const names = publicationNames(publication);
  const exists = (name: string) => existing.some((facts) => facts.name === name);
  const open = tables.filter((table) => !covered(existing, table));
  const unidentified = open.filter((table) => !isIdentified(table) && publishesChanges(table.operations));
  const insertOnly = open.filter((table) => !isIdentified(table) && !publishesChanges(table.operations));
  const ordinary = open.filter(isIdentified);
  const created: string[] = [];
  const additions: string[] = [];
  const made: SelectedTable[] = [];
  const add = (name: string, wanted: readonly SelectedTable[]) => {
    const added = wanted.filter(({ facts }) => existing.every((one) => !one.tables.has(qualifiedName(facts))));
    if (added.length === 0 || !isOwn(request, name)) return;
    additions.push(`ALTER PUBLICATION ${quoteIdentifier(name)} ADD TABLE ${tableList(added)}`);
    made.push(...added);
  };
  if (exists(names.main)) add(names.main, ordinary);
  else {
    created.push(...create(request, names.main, ordinary, ['insert', 'update', 'delete', 'truncate']));
    made.push(...ordinary);
  }
  if (exists(names.insert)) add(names.insert, insertOnly);
  else if (insertOnly.length > 0) {
    const truncate = insertOnly.some(({ operations }) => operations.has('truncate'));
    created.push(...create(request, names.insert, insertOnly, truncate ? ['insert', 'truncate'] : ['insert']));
    made.push(...insertOnly);
  }
  const unfiltered = tables.flatMap((table) => {
    const problem = filters.get(qualifiedName(table.facts))?.problem ?? null;
    return problem === null ? [] : [{ table, problem }];
  });
  const otherRows = tables.flatMap((table) => otherRowsOf(request, table));
  return { statements: [...created, ...additions], additions, made, unidentified, unfiltered, otherRows };
};

/** The filters of an operator's publication are the operator's, unless the stream asks for its own. */
const otherRowsOf = (request: PublicationRequest, table: SelectedTable): readonly OtherRows[] => {
  const name = qualifiedName(table.facts);
  const filter = request.filters?.get(name);
  if (filter !== undefined && filter.problem !== null) return [];
  return request.existing
    .filter((publication) => {
      const published = publication.tables.get(name);
      const isAsked = filter !== undefined || isOwn(request, publication.name);
      return published !== undefined && isAsked && published.rowFilter !== (filter?.text ?? null);
    })
    .map((publication) => ({ table, publication, isIdentified: filter?.isIdentified !== false }));
};

const isOwn = ({ existing, streamId }: PublicationRequest, name: string): boolean =>
  existing.some((facts) => facts.name === name && facts.comment === publicationComment(streamId));

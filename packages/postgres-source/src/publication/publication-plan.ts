import { type Operation, qualifiedName } from '@millrace/core';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '@millrace/postgres-client';
import type { SelectedTable } from '../catalog/select-tables.ts';
import type { PublicationFacts } from './publication-facts.ts';

/** The publications of a stream: the main one, and one for tables whose rows the log cannot identify. */
export const publicationNames = (publication: string): { readonly main: string; readonly insert: string } => ({
  main: publication,
  // The server would cut a longer name silently, and then not be asked for it again by that name.
  insert: `${withinBytes(publication, 63 - '_insert'.length)}_insert`,
});

const withinBytes = (name: string, bytes: number): string => {
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
}

export interface PublicationPlan {
  /** Run in one transaction, before the slot is made. */
  readonly statements: readonly string[];
  /** What the statements publish. */
  readonly made: readonly SelectedTable[];
  /** Tables that cannot be published as asked without making the application's own statements fail. */
  readonly unidentified: readonly SelectedTable[];
}

export const publishesChanges = (operations: ReadonlySet<Operation>): boolean =>
  operations.has('update') || operations.has('delete');

const create = (
  { streamId, viaRoot }: PublicationRequest,
  name: string,
  tables: readonly SelectedTable[],
  operations: readonly Operation[],
): string[] => {
  const list = tables.map(({ facts }) => quoteQualified(facts.schema, facts.table)).join(', ');
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
 * What has to be made so that the tables are published. A publication that exists is used as it is. Invariant 13: a
 * table without replica identity is never put where its updates or deletes are published, because PostgreSQL then
 * rejects those statements of the application (PostgreSQL manual, "Publication", replica identity); for inserts alone
 * there is a publication of its own.
 */
export const publicationPlan = (request: PublicationRequest): PublicationPlan => {
  const { publication, tables, existing } = request;
  const names = publicationNames(publication);
  const exists = (name: string) => existing.some((facts) => facts.name === name);
  const open = tables.filter((table) => !covered(existing, table));
  const unidentified = open.filter(({ facts, operations }) => !facts.identified && publishesChanges(operations));
  const insertOnly = open.filter(({ facts, operations }) => !facts.identified && !publishesChanges(operations));
  const ordinary = open.filter(({ facts }) => facts.identified);
  const statements: string[] = [];
  const made: SelectedTable[] = [];
  if (!exists(names.main)) {
    statements.push(...create(request, names.main, ordinary, ['insert', 'update', 'delete', 'truncate']));
    made.push(...ordinary);
  }
  if (insertOnly.length > 0 && !exists(names.insert)) {
    const truncate = insertOnly.some(({ operations }) => operations.has('truncate'));
    statements.push(...create(request, names.insert, insertOnly, truncate ? ['insert', 'truncate'] : ['insert']));
    made.push(...insertOnly);
  }
  return { statements, made, unidentified };
};

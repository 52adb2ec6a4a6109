import {
  capturedOperations,
  type Operation,
  qualifiedName,
  type SelectedTable as RequestedTable,
} from '@millrace/core';
import type { TableFacts } from './table-facts.ts';

/** What is published of each `schema.table`. */
export type PublishedOperations = ReadonlyMap<string, ReadonlySet<Operation>>;

export interface SelectedTable {
  readonly facts: TableFacts;
  readonly operations: ReadonlySet<Operation>;
  /** Which rows are asked for, as SQL; `null`: all. */
  readonly where: string | null;
}

export interface Selection {
  readonly tables: readonly SelectedTable[];
  /** Requested names and patterns that stand for nothing. */
  readonly missing: readonly string[];
  /** Requested by name, but of a kind whose changes are not in the log. */
  readonly notLogged: readonly TableFacts[];
  /** Left out because nobody asked for them by name and the log could not identify their rows. */
  readonly leftOut: readonly TableFacts[];
}

/** Names that more than one table has: a dot may also stand inside the name of a schema or of a table. */
export const ambiguousNames = ({ tables }: Selection): readonly string[] => {
  const names = tables.map(({ facts }) => qualifiedName(facts));
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
};

const allOperations: readonly Operation[] = ['insert', 'update', 'delete', 'truncate'];

/** Changes of everything else never reach the log's readers (PostgreSQL manual, "Logical Replication", Restrictions). */
const isLogged = ({ kind, persistence }: TableFacts): boolean =>
  (kind === 'table' || kind === 'partitioned') && persistence === 'permanent';

/** Whether changes arrive under this table's own name. */
const isRepresentative = ({ kind, partition }: TableFacts, viaRoot: boolean): boolean =>
  viaRoot ? !partition : kind !== 'partitioned';

/** Where the sinks of other streams keep their checkpoints when they write to the same database. */
const ownSchema = 'millrace';

const named = (requested: readonly RequestedTable[], catalog: readonly TableFacts[], viaRoot: boolean): Selection => {
  const exact = new Set(requested.map(({ name }) => name));
  const tables: SelectedTable[] = [];
  const notLogged: TableFacts[] = [];
  for (const facts of catalog) {
    const name = qualifiedName(facts);
    const operations = capturedOperations(requested, name);
    // A pattern stands only for what can be captured; a name says so when it cannot.
    if (operations === null || !(exact.has(name) || (isLogged(facts) && isRepresentative(facts, viaRoot)))) continue;
    const where = requested.find((request) => request.name === name)?.where ?? null;
    if (isLogged(facts)) tables.push({ facts: withKey(facts, requested), operations, where });
    else notLogged.push(facts);
  }
  const found = [...tables.map(({ facts }) => facts), ...notLogged].map(qualifiedName);
  const standsForNothing = (request: RequestedTable) =>
    request.operations.length > 0 && !found.some((name) => capturedOperations([request], name) !== null);
  return { tables, missing: requested.filter(standsForNothing).map(({ name }) => name), notLogged, leftOut: [] };
};

/** A table with the key that is asked for, where the log says whole rows. */
export const withKey = (facts: TableFacts, requested: readonly RequestedTable[]): TableFacts => {
  const key = requested.find(({ name }) => name === qualifiedName(facts))?.key;
  return key === undefined || facts.identity !== 'full' ? facts : { ...facts, key };
};

/**
 * What a stream captures. Without names: everything that is `published`, or, where there is no publication yet, every
 * table whose rows the log can identify.
 */
export const selectTables = (
  requested: readonly RequestedTable[],
  catalog: readonly TableFacts[],
  { viaRoot, published }: { readonly viaRoot: boolean; readonly published: PublishedOperations | null },
): Selection => {
  if (requested.length > 0) return named(requested, catalog, viaRoot);
  if (published !== null) {
    const tables = catalog.flatMap((facts) => {
      const operations = published.get(qualifiedName(facts));
      return operations === undefined ? [] : [{ facts, operations, where: null }];
    });
    return { tables, missing: [], notLogged: [], leftOut: [] };
  }
  const operations = new Set(allOperations);
  const offered = catalog.filter(
    (facts) => isLogged(facts) && isRepresentative(facts, viaRoot) && facts.schema !== ownSchema,
  );
  return {
    tables: offered.filter(({ identified }) => identified).map((facts) => ({ facts, operations, where: null })),
    missing: [],
    notLogged: [],
    leftOut: offered.filter(({ identified }) => !identified),
  };
};

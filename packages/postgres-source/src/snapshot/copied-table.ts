import { createHash } from 'node:crypto';
import { capturedOperations, capturesColumn, qualifiedName, type SelectedTable } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { readColumnTypes } from '../catalog/column-types.ts';
import { withKey } from '../catalog/select-tables.ts';
import { readTable, type TableFacts } from '../catalog/table-facts.ts';
import type { RelationRegistry } from '../pgoutput/relation-registry.ts';
import type { RowFormat } from '../pgoutput/row-format.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { BinaryTypes } from '../values/binary-types.ts';
import { type KeyColumn, readDescription } from './copied-columns.ts';
import type { Heap } from './heaps.ts';
import { type PublishedPart, readPublishedPart } from './published-part.ts';

/** A table as it is read beside the log. */
export interface CopiedTable {
  readonly facts: TableFacts;
  /** Its relation is the one that the log says, as long as the table keeps its shape. */
  readonly format: RowFormat;
  readonly columns: readonly KeyColumn[];
  /** Which of its rows are published, as an SQL condition. */
  readonly filter: string | null;
  /** The log can be replayed over rows that have seen some of it: they have a key, and their updates are captured. */
  readonly convergent: boolean;
}

export interface CopiedTableRequest {
  readonly table: string;
  /** What the stream captures; empty: what is published. */
  readonly selected: readonly SelectedTable[];
  readonly publication: string;
  readonly serverVersion: number;
  readonly relations: RelationRegistry;
  /** For tables of which the log says more columns than are copied: two shapes of one table would replace each other. */
  readonly narrowed: RelationRegistry;
}

/** A column that is not published cannot tell one row from another, and the rest of its key even less. */
const checkKey = ({ facts, format }: CopiedTable): void => {
  const named = format.relation.key?.length ?? 0;
  if (named === 0 || named === facts.key?.length) return;
  const table = qualifiedName(facts);
  throw sourceError('TABLE_NOT_COPYABLE', `The rows of ${table} cannot be copied: its key is published only in part`, {
    hint: `publish all columns of the key, or snapshot: 'never'`,
    details: { table },
  });
};

const describe = async (
  session: PostgresSession,
  request: CopiedTableRequest,
  { facts, part }: { readonly facts: TableFacts; readonly part: PublishedPart },
  signal: AbortSignal,
): Promise<CopiedTable> => {
  const { table, selected, serverVersion } = request;
  const captures = capturesColumn(selected, table);
  const description = await readDescription(session, facts, { part, serverVersion, captures }, signal);
  const { relation, types, columns } = description;
  const relations = description.isNarrowed ? request.narrowed : request.relations;
  const binaryTypes = new BinaryTypes(serverVersion, await readColumnTypes(session, [facts], signal));
  for (const type of types) relations.type(type);
  const format = relations.relation(relation, facts.identity === 'full' ? facts.key : null, binaryTypes);
  if (format === undefined) throw new TypeError(`${qualifiedName(facts)} has no replica identity there is`);
  // A row that moves while its table is copied may be in no chunk: only an update in the log brings it then.
  const updates = part.updates && capturedOperations(selected, table)?.has('update') === true;
  const convergent = format.relation.key !== null && updates;
  return { facts, format, columns, filter: part.filter, convergent };
};

/** The table as the catalog has it now; `null` when there is none. Rejects when it cannot be copied. */
export const readCopiedTable = async (
  session: PostgresSession,
  request: CopiedTableRequest,
  signal: AbortSignal,
): Promise<CopiedTable | null> => {
  const found = await readTable(session, request.table, signal);
  if (found === null || (found.kind !== 'table' && found.kind !== 'partitioned')) return null;
  const facts = withKey(found, request.selected);
  const part = await readPublishedPart(session, facts, request.publication, signal);
  const copied = await describe(session, request, { facts, part }, signal);
  checkKey(copied);
  return copied;
};

/** What the chunks of a heap depend on beside its rows, for cursors. */
export const shapeOf = ({ columns, filter }: CopiedTable, { fingerprint }: Heap): string =>
  createHash('sha256')
    .update(JSON.stringify([fingerprint, columns.map(({ name }) => name), filter]))
    .digest('hex')
    .slice(0, 16);

import { createHash } from 'node:crypto';
import { qualifiedName } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { readColumnTypes } from '../catalog/column-types.ts';
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
}

export interface CopiedTableRequest {
  readonly table: string;
  readonly publication: string;
  readonly serverVersion: number;
  readonly relations: RelationRegistry;
}

const checkKey = ({ facts, format }: CopiedTable): void => {
  const named = format.relation.key?.length ?? 0;
  // A column that is not published cannot tell one row from another.
  if (named > 0 && named === facts.key?.length) return;
  const table = qualifiedName(facts);
  throw sourceError('TABLE_NOT_COPYABLE', `The rows of ${table} cannot be copied: no key identifies them in the log`, {
    hint: `give it a primary key, or snapshot: 'never'`,
    details: { table },
  });
};

const describe = async (
  session: PostgresSession,
  { serverVersion, relations }: CopiedTableRequest,
  { facts, part }: { readonly facts: TableFacts; readonly part: PublishedPart },
  signal: AbortSignal,
): Promise<CopiedTable> => {
  const { relation, types, columns } = await readDescription(session, facts, { part, serverVersion }, signal);
  const binaryTypes = new BinaryTypes(serverVersion, await readColumnTypes(session, [facts], signal));
  for (const type of types) relations.type(type);
  const format = relations.relation(relation, facts.identity === 'full' ? facts.key : null, binaryTypes);
  if (format === undefined) throw new TypeError(`${qualifiedName(facts)} has no replica identity there is`);
  return { facts, format, columns, filter: part.filter };
};

/** The table as the catalog has it now; `null` when there is none. Rejects when it cannot be copied. */
export const readCopiedTable = async (
  session: PostgresSession,
  request: CopiedTableRequest,
  signal: AbortSignal,
): Promise<CopiedTable | null> => {
  const facts = await readTable(session, request.table, signal);
  if (facts === null || (facts.kind !== 'table' && facts.kind !== 'partitioned')) return null;
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

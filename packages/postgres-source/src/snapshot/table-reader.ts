import type {
  Chunk,
  CopyPlan,
  CopyRequest,
  ExactCopyRequest,
  MillraceError,
  ReselectRequest,
  SourceContext,
} from '@millrace/core';
import type { PostgresConnection } from '@millrace/postgres-client';
import type { ServerFacts } from '../catalog/server-facts.ts';
import type { RelationRegistry } from '../pgoutput/relation-registry.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { copyQuery } from '../query/copy-query.ts';
import { type QueryTable, queryTables } from '../query/query-table.ts';
import { postgresBinary } from '../replication/wire-format.ts';
import { reportSlotWaits } from '../slot/report-slot-waits.ts';
import type { ResolvedOptions, SourceNames } from '../source-options.ts';
import { ValueForms } from '../values/value-forms.ts';
import type { CopyForm } from './copied-rows.ts';
import { type CopiedTable, readCopiedTable } from './copied-table.ts';
import { parseCursor } from './copy-cursor.ts';
import { copyExactly, temporarySlotName } from './copy-exactly.ts';
import { copyRange } from './copy-range.ts';
import type { CopySessions } from './copy-sessions.ts';
import { readHeap, readHeaps } from './heaps.ts';
import { planOf } from './plan-copy.ts';
import { outdated } from './read-chunk.ts';
import { reportCopyWaits } from './report-copy-waits.ts';
import { type KnownTables, type Reselected, reselectRows } from './reselect-rows.ts';

export type { Reselected } from './reselect-rows.ts';

/** One table read beside the log, on connections of its own: it may wait for locks. */
export interface TableReader {
  readonly table: string;
  readonly context: SourceContext;
  readonly names: SourceNames;
  readonly server: ServerFacts;
  readonly connection: PostgresConnection;
  readonly applicationName: string;
  readonly sessions: CopySessions;
  readonly relations: RelationRegistry;
  /** As for `CopiedTableRequest`. */
  readonly narrowed: RelationRegistry;
  readonly known: KnownTables;
  readonly values: ResolvedOptions['values'];
  readonly signal: AbortSignal;
}

const requestOf = ({ table, context, names, server, relations, narrowed }: TableReader) => ({
  table,
  selected: context.tables,
  publication: names.publication,
  serverVersion: server.version,
  relations,
  narrowed,
});

/** In binary form only where the text of every value can be told from it: anybody may still ask for that. */
const formOf = ({ context }: TableReader, { format }: CopiedTable): CopyForm =>
  context.formats.includes(postgresBinary) && format.decoders.every(({ readsBinary }) => readsBinary)
    ? 'binary'
    : 'text';

/** A table may be there again; where there is a query in its place there never was one. */
const missing = (reader: TableReader): MillraceError => {
  const { table } = reader;
  return queryOf(reader) === undefined
    ? sourceError('COPY_OUTDATED', `There is no table ${table} any more`, { details: { table } })
    : sourceError('TABLE_MISSING', `${table} is a query, and no table`, { details: { table } });
};

const readTableNow = (reader: TableReader) =>
  reader.sessions.use(async ({ plain }) => {
    const copied = await readCopiedTable(plain, requestOf(reader), reader.signal);
    if (copied === null) throw missing(reader);
    return { copied, heaps: await readHeaps(plain, copied.facts, reader.signal) };
  }, reader.signal);

const queryOf = ({ context, table }: TableReader): QueryTable | undefined =>
  queryTables(context.tables).find(({ name }) => name === table);

export const planTable = async (reader: TableReader, count: number): Promise<CopyPlan> => {
  if (queryOf(reader) !== undefined) return { ranges: null, rows: null, bytes: null };
  const { copied, heaps } = await readTableNow(reader);
  return planOf(copied, heaps, count);
};

export async function* copyTable(reader: TableReader, request: CopyRequest): AsyncGenerator<Chunk, void, undefined> {
  const { sessions, server, signal } = reader;
  const { oid } = parseCursor(request.progress.cursor ?? request.progress.range.from);
  const found = await sessions.use(async ({ plain }) => {
    const copied = await readCopiedTable(plain, requestOf(reader), signal);
    return copied && { copied, heap: await readHeap(plain, copied.facts, oid, signal) };
  }, signal);
  if (found === null) throw missing(reader);
  // Ranges were planned for it when it was one that changes could be replayed over.
  if (!found.copied.convergent) throw outdated(found.copied.facts);
  yield* copyRange({ ...found, request, form: formOf(reader, found.copied), sessions, log: server.log, signal });
}

export async function* copyTableExactly(
  reader: TableReader,
  { maxBytes }: ExactCopyRequest,
): AsyncGenerator<Chunk, void, undefined> {
  const { context, names, sessions, server, values } = reader;
  const query = queryOf(reader);
  if (query !== undefined)
    return yield* copyQuery({ ...reader, table: query, forms: new ValueForms(values), log: server.log, maxBytes });
  const found = await readTableNow(reader);
  const slot = temporarySlotName(names.slot);
  const waiting = reportSlotWaits(context, slot);
  const { version: serverVersion, log } = server;
  const form = formOf(reader, found.copied);
  yield* copyExactly({ ...reader, ...found, serverVersion, log, slot, waiting, form, current: sessions, maxBytes });
}

export const reselectTable = (reader: TableReader, request: ReselectRequest): Promise<Reselected> => {
  const { sessions, server, context, known, signal } = reader;
  const waiting = reportCopyWaits(context);
  const table = requestOf(reader);
  const { log } = server;
  return sessions.use((session) => reselectRows({ request, table, known, session, log, waiting, signal }), signal);
};

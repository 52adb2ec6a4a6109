import type { Chunk, CopyPlan, CopyRequest, MillraceError, ReselectRequest, SourceContext } from '@millrace/core';
import type { ServerFacts } from '../catalog/server-facts.ts';
import type { RelationRegistry } from '../pgoutput/relation-registry.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { postgresBinary } from '../replication/wire-format.ts';
import type { SourceNames } from '../source-options.ts';
import type { CopyForm } from './copied-rows.ts';
import { type CopiedTable, readCopiedTable } from './copied-table.ts';
import { parseCursor } from './copy-cursor.ts';
import { copyRange } from './copy-range.ts';
import type { CopySessions } from './copy-sessions.ts';
import { readHeap, readHeaps } from './heaps.ts';
import { planOf } from './plan-copy.ts';
import { reportCopyWaits } from './report-copy-waits.ts';
import { type Reselected, reselectRows } from './reselect-rows.ts';

export type { Reselected } from './reselect-rows.ts';

/** One table read beside the log, on connections of its own: it may wait for locks. */
export interface TableReader {
  readonly table: string;
  readonly context: SourceContext;
  readonly names: SourceNames;
  readonly server: ServerFacts;
  readonly sessions: CopySessions;
  readonly relations: RelationRegistry;
  readonly signal: AbortSignal;
}

const requestOf = ({ table, names, server, relations }: TableReader) => ({
  table,
  publication: names.publication,
  serverVersion: server.version,
  relations,
});

/** In binary form only where the text of every value can be told from it: anybody may still ask for that. */
const formOf = ({ context }: TableReader, { format }: CopiedTable): CopyForm =>
  context.formats.includes(postgresBinary) && format.decoders.every(({ readsBinary }) => readsBinary)
    ? 'binary'
    : 'text';

const missing = (table: string): MillraceError =>
  sourceError('TABLE_MISSING', `There is no table ${table} to be copied`, { details: { table } });

export const planTable = (reader: TableReader, count: number): Promise<CopyPlan> =>
  reader.sessions.use(async ({ plain }) => {
    const copied = await readCopiedTable(plain, requestOf(reader), reader.signal);
    if (copied === null) throw missing(reader.table);
    return planOf(copied, await readHeaps(plain, copied.facts, reader.signal), count);
  }, reader.signal);

export async function* copyTable(reader: TableReader, request: CopyRequest): AsyncGenerator<Chunk, void, undefined> {
  const { sessions, server, signal } = reader;
  const { oid } = parseCursor(request.progress.cursor ?? request.progress.range.from);
  const found = await sessions.use(async ({ plain }) => {
    const copied = await readCopiedTable(plain, requestOf(reader), signal);
    return copied && { copied, heap: await readHeap(plain, copied.facts, oid, signal) };
  }, signal);
  if (found === null) throw sourceError('COPY_OUTDATED', `There is no table ${reader.table} any more`);
  yield* copyRange({ ...found, request, form: formOf(reader, found.copied), sessions, log: server.log, signal });
}

export const reselectTable = (reader: TableReader, request: ReselectRequest): Promise<Reselected> => {
  const { sessions, server, context, signal } = reader;
  const waiting = reportCopyWaits(context);
  const table = requestOf(reader);
  return sessions.use((session) => reselectRows({ request, table, session, log: server.log, waiting, signal }), signal);
};

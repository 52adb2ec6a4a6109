import type { Chunk, CopyPlan, CopyRequest, ExactCopyRequest, ReselectRequest, SourceContext } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import type { ServerFacts } from '../continuity/server-facts.ts';
import type { SchemaSettings } from '../schema/model/schema-settings.ts';
import { readSchemaSettings } from '../schema/read-schema-settings.ts';
import type { ZeroDates } from '../values/zero-dates.ts';
import { type CopiedTable, isGone, readCopiedTable, type TableName } from './copied-table.ts';
import { outdated } from './copy-errors.ts';
import { copyExactly } from './copy-exactly.ts';
import { copyRange } from './copy-range.ts';
import type { CopySessions } from './copy-sessions.ts';
import { planOf } from './plan-copy.ts';
import { type Reselected, reselectRows } from './reselect-rows.ts';

export type { Reselected } from './reselect-rows.ts';

/** One table read beside the log, on connections of its own: it may wait for locks. */
export interface TableReader {
  readonly table: string;
  readonly context: SourceContext;
  readonly server: ServerFacts;
  readonly sessions: CopySessions;
  readonly zeroDates: ZeroDates;
  readonly known: Known;
  readonly signal: AbortSignal;
}

/** What need not be asked for again. */
export interface Known {
  settings: SchemaSettings | null;
  /** Tables as they were when rows of them were last read by their keys, by qualified name. */
  readonly tables: Map<string, CopiedTable>;
}

const nameOf = ({ table }: TableReader): TableName => {
  const dot = table.indexOf('.');
  return { schema: table.slice(0, dot), table: table.slice(dot + 1) };
};

/** `null`: there is no such table. */
const describeOn = async (session: ScriptSession, reader: TableReader): Promise<CopiedTable | null> => {
  const { context, zeroDates, known, signal } = reader;
  known.settings ??= await readSchemaSettings(session);
  const request = { name: nameOf(reader), selected: context.tables, settings: known.settings, zeroDates };
  try {
    return await readCopiedTable(session, request, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
    await session.query('ROLLBACK');
    return null;
  }
};

const readTableNow = (reader: TableReader): Promise<CopiedTable> =>
  reader.sessions.use(async (session) => {
    const copied = await describeOn(session, reader);
    if (copied === null) throw outdated(nameOf(reader));
    return copied;
  }, reader.signal);

/** The least and the greatest value of the key's first column, where that is an integer. */
const readBounds = async (
  session: ScriptSession,
  { key, from }: CopiedTable,
): Promise<readonly [bigint, bigint] | null> => {
  const [first] = key;
  if (first?.isInteger !== true) return null;
  const [row] = await session.query<{ readonly least: string | null; readonly greatest: string | null }>(
    `SELECT MIN(${first.quoted}) + 0 AS least, MAX(${first.quoted}) + 0 AS greatest FROM ${from}`,
  );
  return row?.least == null || row.greatest === null ? null : [BigInt(row.least), BigInt(row.greatest)];
};

export const planTable = async (reader: TableReader, count: number): Promise<CopyPlan> => {
  const copied = await readTableNow(reader);
  const bounds = await reader.sessions.use((session) => readBounds(session, copied), reader.signal);
  return planOf(copied, bounds, count);
};

export async function* copyTable(reader: TableReader, request: CopyRequest): AsyncGenerator<Chunk, void, undefined> {
  const copied = await readTableNow(reader);
  // Ranges were planned for it when it was one that changes could be replayed over.
  if (!copied.convergent) throw outdated(copied.definition);
  yield* copyRange({ ...reader, copied, request });
}

export async function* copyTableExactly(
  reader: TableReader,
  { maxBytes }: ExactCopyRequest,
): AsyncGenerator<Chunk, void, undefined> {
  yield* copyExactly({ ...reader, copied: await readTableNow(reader), maxBytes });
}

export const reselectTable = (reader: TableReader, request: ReselectRequest): Promise<Reselected> => {
  const { sessions, server, known, signal } = reader;
  return sessions.use((session) => {
    const describe = () => describeOn(session, reader);
    return reselectRows({ request, describe, known: known.tables, session, server, signal });
  }, signal);
};

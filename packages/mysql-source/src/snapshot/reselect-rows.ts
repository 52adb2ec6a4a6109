import type { Position, ReselectRequest, RowImage } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import type { ServerFacts } from '../continuity/server-facts.ts';
import { awaitVisible } from './await-visible.ts';
import type { CopiedRows } from './copied-rows.ts';
import { type CopiedTable, isShapeError } from './copied-table.ts';
import { readLogEnd } from './log-end.ts';
import { readRows } from './read-rows.ts';

export interface Reselected {
  readonly rows: readonly RowImage[];
  readonly through: Position;
}

export interface Reselection {
  readonly request: ReselectRequest;
  /** Reads the table as it is now; `null`: there is none. */
  readonly describe: () => Promise<CopiedTable | null>;
  /** Tables as they were when rows of them were last read so, by qualified name. */
  readonly known: Map<string, CopiedTable>;
  readonly session: ScriptSession;
  readonly server: ServerFacts;
  readonly signal: AbortSignal;
}

/** Keys in one statement. */
const mostKeys = 500;

const conditionOf = ({ key }: CopiedTable, row: RowImage): string =>
  key
    .map(({ name, quoted, equal }) => {
      const text = row.text(row.relation.columns.findIndex((one) => one.name === name));
      return text === null ? 'FALSE' : `${quoted} = ${equal(text)}`;
    })
    .join(' AND ');

/** The rows with these keys; `null`: the table is another one by now. */
const select = async (
  { session, signal, request }: Reselection,
  copied: CopiedTable,
  keys: readonly RowImage[],
): Promise<CopiedRows | null> => {
  const conditions = keys.map((key) => `(${conditionOf(copied, key)})`).join(' OR ');
  const rest = ` WHERE ${conditions}`;
  const doing = `read rows of ${request.table} once more`;
  try {
    return (await readRows(session, { copied, rest, doing }, signal))?.rows ?? null;
  } catch (error) {
    if (!isShapeError(error)) throw error;
    await session.query('ROLLBACK');
    return null;
  }
};

const selectAll = async (reselection: Reselection, copied: CopiedTable): Promise<readonly RowImage[] | null> => {
  const { keys } = reselection.request;
  const found: RowImage[] = [];
  for (let first = 0; first < keys.length; first += mostKeys) {
    const rows = await select(reselection, copied, keys.slice(first, first + mostKeys));
    if (rows === null) return null;
    found.push(...rows);
  }
  return found;
};

/**
 * Reads rows by their keys once the transactions are visible that brought them: the log shows a commit before readers see
 * it, so that a row would seem to be gone. Reads again when the table changes its shape meanwhile.
 */
export const reselectRows = async (reselection: Reselection): Promise<Reselected> => {
  const { request, describe, known, session, server } = reselection;
  await awaitVisible(session, server, request.transactions);
  for (;;) {
    const copied = known.get(request.table) ?? (await describe());
    if (copied === null || request.keys.length === 0) return { rows: [], through: await readLogEnd(session, server) };
    known.delete(request.table);
    const rows = await selectAll(reselection, copied);
    if (rows === null) continue;
    known.set(request.table, copied);
    return { rows, through: await readLogEnd(session, server) };
  }
};

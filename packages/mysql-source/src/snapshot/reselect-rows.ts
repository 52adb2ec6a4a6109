import type { Position, ReselectRequest, RowImage } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import type { ServerFacts } from '../continuity/server-facts.ts';
import { awaitVisible } from './await-visible.ts';
import { CopiedRows } from './copied-rows.ts';
import { type CopiedTable, isShapeError, versionOf, versionStatements } from './copied-table.ts';
import { readLogEnd } from './log-end.ts';
import { selectedColumns } from './read-chunk.ts';

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
  const rows = new CopiedRows(copied.format);
  const before = ['START TRANSACTION READ ONLY', ...versionStatements(copied.definition)];
  const conditions = keys.map((key) => `(${conditionOf(copied, key)})`).join(' OR ');
  const statement = `SELECT ${selectedColumns(copied)} FROM ${copied.from} WHERE ${conditions}`;
  const script = {
    statements: [...before, statement, 'COMMIT'],
    passed: before.length,
    take: (bytes: Buffer, start: number, end: number) => {
      rows.add(bytes, start, end);
      return true;
    },
  };
  try {
    const answer = await session.run(script, signal, `read rows of ${request.table} once more`);
    return versionOf(answer.rows.slice(1)) === copied.version ? rows : null;
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

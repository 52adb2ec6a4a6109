import type { Chunk } from '@millrace/core';
import { quoteIdentifier } from '@millrace/postgres-client';
import type { LogLayout } from '../catalog/server-facts.ts';
import { formatLsn, parseLsn } from '../lsn.ts';
import type { RowFormat } from '../pgoutput/row-format.ts';
import { CopiedRows } from '../snapshot/copied-rows.ts';
import { retainedBytes } from '../snapshot/copy-content.ts';
import type { CopySession } from '../snapshot/copy-session.ts';
import type { CopySessions } from '../snapshot/copy-sessions.ts';
import { endOfLastRecord, logEndPosition } from '../snapshot/log-end.ts';
import type { ValueForms } from '../values/value-forms.ts';
import { beginReading, describeRows, explained, notPossible, type QueryTable, rowsOf } from './query-table.ts';
import { readRows } from './read-rows.ts';

export interface QueryCopy {
  readonly table: QueryTable;
  readonly forms: ValueForms;
  readonly sessions: CopySessions;
  readonly log: LogLayout;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const copyPrefix = 'COPY (';

/** Everything that is visible now lies before it. */
const readEnd = async ({ log, signal }: QueryCopy, { plain }: CopySession): Promise<string> => {
  const { rows } = await plain.query<{ end: string }>(`SELECT ${logEndPosition} AS end`, [], { signal });
  return formatLsn(endOfLastRecord(parseLsn(rows[0]?.end ?? ''), log));
};

/** Of two rows with one key the target would keep one. */
const checkKey = async ({ table, signal }: QueryCopy, { plain }: CopySession): Promise<void> => {
  if (table.key === undefined) return;
  const key = table.key.map((name) => `q.${quoteIdentifier(name)}`);
  const isWrong = ['pg_catalog.count(*) > 1', ...key.map((column) => `${column} IS NULL`)].join(' OR ');
  const doing = 'look for rows with one key';
  const text = `${rowsOf(table, '1')} GROUP BY ${key.join(', ')} HAVING ${isWrong} LIMIT 1`;
  const { rows } = await plain.query(text, [], { signal, doing });
  const list = table.key.map(quoteIdentifier).join(', ');
  if (rows.length > 0) throw notPossible(table, `rows of it are equal, or NULL, in its key (${list})`);
};

/** Makes a session ready, within a transaction: all that is read from then on is as of one moment. */
const begin = async (copy: QueryCopy, session: CopySession): Promise<{ format: RowFormat; through: string }> => {
  const { table, forms, signal } = copy;
  await session.plain.script(beginReading, { signal });
  const format = await describeRows(session.plain, table, forms, signal);
  await checkKey(copy, session).catch((error) => {
    throw explained(table, error, 0);
  });
  return { format, through: await readEnd(copy, session) };
};

/**
 * The rows of the query as they are at one moment, which lies before `through`. They are read as fast as they are taken,
 * and the transaction lasts as long as that.
 */
export async function* copyQuery(copy: QueryCopy): AsyncGenerator<Chunk, void, undefined> {
  const { table, sessions, maxBytes, signal } = copy;
  const session = await sessions.take(signal);
  let isOver = false;
  try {
    const { format, through } = await begin(copy, session);
    const text = `${copyPrefix}${rowsOf(table)}) TO STDOUT; COMMIT`;
    let rows = 0;
    for await (const { pieces, length, done } of readRows(session, { text, maxBytes, signal })) {
      rows += length;
      if (done) {
        isOver = true;
        sessions.giveBack(session);
      }
      yield {
        relation: format.relation,
        progress: { table: table.name, range: { from: null, to: null }, cursor: null, done, rows },
        length,
        bytes: retainedBytes(pieces),
        rows: new CopiedRows(pieces, 'text', format),
        encoded: { format: 'postgres-text', data: pieces },
        through,
      };
    }
  } catch (error) {
    throw explained(table, error, copyPrefix.length);
  } finally {
    if (!isOver) sessions.discard(session);
  }
}

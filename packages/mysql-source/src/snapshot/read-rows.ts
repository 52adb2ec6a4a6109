import type { ScriptSession } from '@millrace/mysql-client';
import { CopiedRows } from './copied-rows.ts';
import { type CopiedTable, versionOf, versionStatements } from './copied-table.ts';

export interface RowsRequest {
  readonly copied: CopiedTable;
  /** What follows the table in the statement, as SQL. */
  readonly rest: string;
  /** Bytes above which reading stops; absent: all rows are read. */
  readonly maxBytes?: number;
  /** Completes "could not …". */
  readonly doing: string;
}

export interface ReadRows {
  readonly rows: CopiedRows;
  /** There were too many bytes: the session is gone. */
  readonly isCut: boolean;
}

/** What is selected: the columns, and those of the key once more whose values do not say their order. */
export const selectedColumns = ({ format, key }: CopiedTable): string =>
  [...format.columns.map(({ expression }) => expression), ...key.flatMap(({ ordered }) => ordered ?? [])].join(', ');

/**
 * Rows by one statement, in a transaction that keeps the table as it is meanwhile; `null`: it is another one by now. What
 * is read of a table without some of its columns, or of none, rejects, and leaves the transaction open.
 */
export const readRows = async (
  session: ScriptSession,
  { copied, rest, maxBytes = Number.POSITIVE_INFINITY, doing }: RowsRequest,
  signal: AbortSignal,
): Promise<ReadRows | null> => {
  const { definition, format, from, version } = copied;
  const rows = new CopiedRows(format);
  const before = ['START TRANSACTION READ ONLY', ...versionStatements(definition)];
  const statement = `SELECT ${selectedColumns(copied)} FROM ${from}${rest}`;
  const take = (bytes: Buffer, start: number, end: number) => {
    rows.add(bytes, start, end);
    return rows.bytes <= maxBytes;
  };
  const script = { statements: [...before, statement, 'COMMIT'], passed: before.length, take };
  const answer = await session.run(script, signal, doing);
  return versionOf(answer.rows.slice(1)) === version ? { rows, isCut: answer.isCut } : null;
};

import type { StatementOutcome } from '@millrace/mysql-client';
import type { Row, RowReader } from '../../apply/row-reader.ts';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import { applying, type BulkContext } from './bulk-context.ts';
import { RowBuffer } from './row-buffer.ts';
import { betweenBytes, commandBytes, requireSendable } from './statement-size.ts';
import { insertInto } from './statements.ts';

/** A statement of so many bytes is sent, whatever the server takes: larger ones are not faster. */
const usefulBytes = 1024 * 1024;

/** Rows of one table, said by the changes with these numbers. */
export interface RowsOf {
  readonly plan: TablePlan;
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly Row[];
}

export interface AddedRows {
  /** What follows the rows, e.g. ON DUPLICATE KEY UPDATE. */
  readonly ending: string;
  /** Whether a statement of so many rows did what it had to. */
  readonly expected: (outcome: StatementOutcome, rows: number) => boolean;
  /** Takes a row that would be the only one of its statement; absent: it is added as the others are. */
  readonly alone?: (row: Row) => Promise<void>;
}

/** Adds INSERTs of many rows each. */
export const addRows = async (
  { message, statementBytes }: Pick<BulkContext, 'message' | 'statementBytes'>,
  reader: RowReader,
  { plan, columns, rows }: RowsOf,
  { ending, expected, alone }: AddedRows,
  signal: AbortSignal,
): Promise<void> => {
  const buffer = new RowBuffer();
  const room = statementBytes - commandBytes - betweenBytes - Buffer.byteLength(ending);
  let count = 0;
  const finish = async (last: Row) => {
    if (count === 1 && alone !== undefined) {
      buffer.take();
      count = 0;
      return alone(last);
    }
    buffer.append(ending);
    requireSendable(plan, buffer.length, statementBytes);
    const added = count;
    message.add(buffer.take(), (outcome) => {
      if (!expected(outcome, added)) throw new UnexpectedOutcome('another number of rows than expected');
    });
    count = 0;
    if (message.isFull) await message.send(signal, applying);
  };
  let last: Row | null = null;
  for (const row of rows) {
    reader.readText(row, 'after');
    if (count === 0) buffer.append(insertInto(plan, columns));
    const before = buffer.length;
    if (count > 0) buffer.separate();
    const from = buffer.length;
    buffer.appendConstants(reader.places, columns, plan);
    if (last !== null && count > 0 && buffer.length > room) {
      // It may well have room in a statement of its own.
      const own = buffer.cut(from);
      buffer.cut(before);
      await finish(last);
      buffer.append(insertInto(plan, columns));
      buffer.appendBytes(own);
    }
    count += 1;
    last = row;
    if (buffer.length >= usefulBytes) await finish(row);
  }
  if (count > 0 && last !== null) await finish(last);
};

const pieceBytes = 256 * 1024;

/** The rows as LOAD DATA reads them, some at a time. */
function* lines(reader: RowReader, { plan, columns, rows }: RowsOf): Generator<Buffer> {
  const buffer = new RowBuffer();
  for (const row of rows) {
    reader.readText(row, 'after');
    buffer.appendFields(reader.places, columns, plan);
    if (buffer.length >= pieceBytes) yield buffer.take();
  }
  if (buffer.length > 0) yield buffer.take();
}

/** Loads these columns from what the connection sends along. */
const loadStatement = ({ name }: TablePlan, columns: readonly PlannedColumn[]): string => {
  const fields = columns.map(({ quoted, form }, at) => (form.loaded === null ? quoted : `@millrace_${at}`));
  const set = columns.flatMap(({ quoted, form }, at) =>
    form.loaded === null ? [] : [`${quoted} = ${form.loaded(`@millrace_${at}`)}`],
  );
  return `LOAD DATA LOCAL INFILE 'millrace' INTO TABLE ${name} CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (${fields.join(', ')})${set.length === 0 ? '' : ` SET ${set.join(', ')}`}`;
};

/** LOCAL makes warnings of errors: it cuts values, and passes over rows that are there (MySQL manual, "LOAD DATA Statement"). */
const wentThrough = ({ affectedRows, warnings }: StatementOutcome, rows: number): boolean =>
  affectedRows === rows && warnings === 0;

/** Sends a LOAD DATA of rows, which must all be new. */
export const loadRows = async (
  { message }: Pick<BulkContext, 'message'>,
  reader: RowReader,
  rows: RowsOf,
  signal: AbortSignal,
): Promise<void> => {
  const expected = rows.rows.length;
  message.addLoad(loadStatement(rows.plan, rows.columns), lines(reader, rows), (outcome) => {
    if (!wentThrough(outcome, expected)) throw new UnexpectedOutcome('rows that were not loaded as they are');
  });
  await message.send(signal, applying);
};

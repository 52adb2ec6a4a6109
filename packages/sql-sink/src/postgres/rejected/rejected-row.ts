import { type Change, MillraceError, qualifiedName, type RowImage } from '@millrace/core';
import { sqlstateOf } from '@millrace/postgres-client';

/** A row that the target refused, as it is kept. */
export interface RejectedRow {
  readonly table: string;
  readonly operation: Change['op'];
  /** Of its transaction; `null`: it was copied. */
  readonly position: string | null;
  readonly sequence: number | null;
  /** JSON: what was sent of the row, and of the row before. */
  readonly row: string | null;
  readonly oldRow: string | null;
  /** The SQLSTATE, or the code of the error. */
  readonly code: string;
  readonly column: string | null;
  readonly constraint: string | null;
}

/** A value does not fit, a constraint is violated, or a row is too large for an index. */
const ofRows = /^(22|23)|^54000$/;

/** Errors that are found before the server is asked, or that it answers with no row. */
const codesOfRows: readonly string[] = ['VALUE_REJECTED', 'ROW_MISSING'];

/** Whether an error is the fault of a row, whenever it is tried again: not of the connection, the server or its locks. */
export const isRowFault = (error: unknown): boolean =>
  ofRows.test(sqlstateOf(error) ?? '') || (error instanceof MillraceError && codesOfRows.includes(error.code));

/** A text with a zero character is no JSON that the server keeps. */
const jsonOf = (text: string | null) =>
  text?.includes('\0') === true ? { base64: Buffer.from(text).toString('base64') } : text;

const rowText = (row: RowImage | null): string | null => {
  if (row === null) return null;
  const sent = row.relation.columns.flatMap(({ name }, column) =>
    ['value', 'null'].includes(row.state(column)) ? [[name, jsonOf(row.text(column))] as const] : [],
  );
  return JSON.stringify(Object.fromEntries(sent));
};

const detail = (error: unknown, name: string): string | null => {
  const value = error instanceof MillraceError ? error.details[name] : undefined;
  return typeof value === 'string' ? value : null;
};

export const rejectedRow = (change: Change, error: unknown): RejectedRow => {
  const { op, relation, transaction, sequence, image } = change;
  return {
    table: qualifiedName(relation),
    operation: op,
    position: transaction?.position ?? null,
    sequence: transaction === null ? null : sequence,
    row: rowText(image.after),
    oldRow: rowText(image.before),
    code: sqlstateOf(error) ?? (error instanceof MillraceError ? error.code : ''),
    column: detail(error, 'column'),
    constraint: detail(error, 'constraint'),
  };
};

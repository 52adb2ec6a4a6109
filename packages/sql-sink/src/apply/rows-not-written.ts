import { sqlSinkError } from '../error-table.ts';

/** The server said that it wrote a row, and did not. `table` as it is to be read. */
export const rowsNotWritten = (table: string) =>
  sqlSinkError('ROW_NOT_WRITTEN', `${table} did not take a row: a trigger or rule swallowed it`, {
    details: { table },
  });

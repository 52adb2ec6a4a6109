import { type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of reading rows from the binlog. */
export const rowErrors = {
  DECODE_FAILED: {
    recovery: 'bug',
    meaning: 'A row or value in the binlog is not what the log says of its table; details name table and column.',
  },
  SHAPE_MISMATCH: {
    recovery: 'operator',
    meaning:
      'Rows in the binlog have another shape than the table is known to have had when they were logged: its history misses a change.',
  },
  JSON_INCOMPLETE: {
    recovery: 'operator',
    meaning:
      'An update says only what changed in a JSON document, and the log does not have the document before: with binlog_row_value_options=PARTIAL_JSON rows have to be logged in full.',
  },
  TYPE_UNREADABLE: {
    recovery: 'operator',
    meaning:
      'A column has a type or character set that cannot be read with certainty; leave the table out, or change the column.',
  },
} as const satisfies ErrorTable;

export const rowError = errorFactory(rowErrors);

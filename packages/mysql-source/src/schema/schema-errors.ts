import { type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of knowing the schema in force at a place of the log. */
export const schemaErrors = {
  DDL_NOT_UNDERSTOOD: {
    recovery: 'operator',
    meaning:
      'The log has a statement that changes, or may change, a captured table, and what it does is not certain. Details name the kind of statement, the table and what was not understood.',
  },
  STATEMENT_CHANGES_ROWS: {
    recovery: 'operator',
    meaning:
      'The log has a statement that changes rows as text instead of rows: a session wrote with `binlog_format=STATEMENT` or `MIXED`.',
  },
  SCHEMA_HISTORY_LOST: {
    recovery: 'recover',
    meaning:
      'The history of the schema that belongs to the checkpoint is not there, is damaged, or was written by something newer. The schema of now may not be the one in force there.',
  },
  SCHEMA_UNSTABLE: {
    recovery: 'retry',
    meaning: 'Tables were changed again and again while the schema was read, so that it belongs to no one position.',
  },
} as const satisfies ErrorTable;

export const schemaError = errorFactory(schemaErrors);

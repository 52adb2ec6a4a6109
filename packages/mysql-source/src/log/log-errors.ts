import { type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of a log that does not say enough. */
export const logErrors = {
  METADATA_MISSING: {
    recovery: 'recover',
    meaning:
      'Neither the binlog nor the history of the schema says what the columns of a table were when its rows were logged.',
  },
} as const satisfies ErrorTable;

export const logError = errorFactory(logErrors);

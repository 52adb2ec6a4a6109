import { type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of reading a binlog. None of them goes away by reading it again. */
export const binlogErrors = {
  BINLOG_CORRUPT: {
    recovery: 'operator',
    meaning:
      'Bytes of the binlog are not what the server wrote: a checksum is wrong, or an event does not lie where the log says. Details name file, offset and type of the event.',
  },
  BINLOG_NOT_UNDERSTOOD: {
    recovery: 'operator',
    meaning:
      'The binlog holds an event of a type or form that this version does not know, and that may not be passed over. Details name file, offset and type of the event.',
  },
  BINLOG_TRANSACTION_TOO_LARGE: {
    recovery: 'operator',
    meaning: 'A compressed transaction or event would take more memory than is allowed.',
  },
  STATEMENT_LOGGED: {
    recovery: 'recover',
    meaning:
      'The binlog holds a statement that changes rows instead of the rows: a session had binlog_format STATEMENT or MIXED.',
  },
  LOG_INCIDENT: {
    recovery: 'recover',
    meaning: 'The server wrote into its binlog that changes are missing from it.',
  },
} as const satisfies ErrorTable;

export const binlogError = errorFactory(binlogErrors);

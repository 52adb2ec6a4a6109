import { type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of transactions that the log does not have as rows that were committed. */
export const transactionErrors = {
  LOG_OUT_OF_ORDER: {
    recovery: 'recover',
    meaning:
      'Events of the binlog do not follow each other as those of transactions do: a transaction has no end, or rows have no table. Details name file and offset.',
  },
  PARTIAL_ROLLBACK: {
    recovery: 'recover',
    meaning:
      'The binlog takes back a part of a transaction, which servers log when it also changed tables of an engine without transactions, such as MyISAM.',
  },
  XA_NOT_FOLLOWED: {
    recovery: 'recover',
    meaning:
      'A transaction was prepared (`XA PREPARE`) whose end is not known yet, and the position cannot say so: only GTIDs of MySQL can. Or what was prepared and waits for its end takes more memory than is allowed.',
  },
} as const satisfies ErrorTable;

export const transactionError = errorFactory(transactionErrors);

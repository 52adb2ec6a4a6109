import { type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of transactions that the log does not have as rows that were committed. */
export const transactionErrors = {
  LOG_OUT_OF_ORDER: {
    recovery: 'recover',
    meaning:
      'Events of the binlog do not follow each other as those of transactions do: a transaction has no end, or rows have no table. Details name file and offset.',
  },
  TRANSACTION_CUT_OFF: {
    recovery: 'retry',
    meaning:
      'The server crashed while it wrote a transaction of which a part was delivered before, and rolled it back. The stream gives it up and leaves it out when it reads the log again.',
  },
  PARTIAL_ROLLBACK: {
    recovery: 'recover',
    meaning:
      'The binlog takes back what belongs to a transaction of which a part was delivered before, because it is so large. Servers log that when temporary tables were made or dropped in it.',
  },
  XA_NOT_FOLLOWED: {
    recovery: 'recover',
    meaning:
      'A transaction was prepared (`XA PREPARE`) whose end is not known yet, and the position cannot say so: only GTIDs of MySQL can. Or what was prepared and waits for its end takes more memory than is allowed.',
  },
} as const satisfies ErrorTable;

export const transactionError = errorFactory(transactionErrors);

import { type ErrorTable, errorFactory } from '@millrace/core';
import { binlogErrors } from './binlog/binlog-errors.ts';
import { logErrors } from './log/log-errors.ts';
import { positionErrors } from './positions/position-errors.ts';
import { dumpErrors } from './replication/dump-errors.ts';
import { rowErrors } from './rows/row-errors.ts';
import { schemaErrors } from './schema/schema-errors.ts';
import { copyErrors } from './snapshot/copy-errors.ts';
import { transactionErrors } from './transactions/transaction-errors.ts';

/** Errors of the MySQL and MariaDB source. Those of its connections are in `mysqlErrors` of `@millrace/mysql-client`. */
export const mysqlSourceErrors = {
  ...binlogErrors,
  ...positionErrors,
  ...transactionErrors,
  ...logErrors,
  ...dumpErrors,
  ...rowErrors,
  ...schemaErrors,
  ...copyErrors,
  INVALID_OPTIONS: {
    recovery: 'operator',
    meaning: 'Options of the source are wrong; `details.problems` lists every one with its path.',
  },
  NOT_OPEN: { recovery: 'bug', meaning: 'A method was called on a source that is not open, or twice on one that is.' },
} as const satisfies ErrorTable;

export const mysqlSourceError = errorFactory(mysqlSourceErrors);

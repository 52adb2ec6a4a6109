import { type ErrorTable, errorFactory } from '@millrace/core';
import { binlogErrors } from './binlog/binlog-errors.ts';
import { logErrors } from './log/log-errors.ts';
import { positionErrors } from './positions/position-errors.ts';
import { dumpErrors } from './replication/dump-errors.ts';
import { rowErrors } from './rows/row-errors.ts';
import { schemaErrors } from './schema/schema-errors.ts';
import { copyErrors } from './snapshot/copy-errors.ts';
import { transactionErrors } from './transactions/transaction-errors.ts';

/** Errors of the MySQL and MariaDB source. Codes that `@millrace/postgres-client` has, too, mean the same there. */
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
  CONNECTION_FAILED: {
    recovery: 'retry',
    meaning: 'The server could not be reached, or it does not accept connections yet.',
  },
  CONNECTION_LOST: {
    recovery: 'retry',
    meaning: 'The connection ended in the middle of something; its outcome is read again from the server.',
  },
  AUTHENTICATION_FAILED: {
    recovery: 'operator',
    meaning: 'The server refused the user, the password or the host it comes from, or wants a plugin the driver lacks.',
  },
  TLS_FAILED: {
    recovery: 'operator',
    meaning: 'The server does not offer TLS, or one side did not accept the certificate of the other.',
  },
  DATABASE_MISSING: { recovery: 'operator', meaning: 'The database in the connection does not exist.' },
  PERMISSION_DENIED: { recovery: 'operator', meaning: 'The user lacks a privilege.' },
  SERVER_BUSY: {
    recovery: 'retry',
    meaning: 'The server is out of connections, memory or disk, or somebody cancelled the statement.',
  },
  TRANSACTION_CONFLICT: {
    recovery: 'retry',
    meaning: 'A deadlock or a lock timeout rolled the statement or its transaction back.',
  },
  SCHEMA_MISMATCH: {
    recovery: 'operator',
    meaning: 'A table or column that a statement needs is missing or different.',
  },
  STATEMENT_FAILED: {
    recovery: 'operator',
    meaning: 'The server rejected a statement for another reason; its error number is in the details.',
  },
} as const satisfies ErrorTable;

export const mysqlSourceError = errorFactory(mysqlSourceErrors);

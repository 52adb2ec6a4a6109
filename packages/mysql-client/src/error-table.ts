import { type ErrorTable, errorFactory } from '@millrace/core';

/**
 * Errors of a MySQL or MariaDB connection, whichever connector it belongs to. Codes that `@millrace/postgres-client` has,
 * too, mean the same there.
 */
export const mysqlErrors = {
  CONNECTION_FAILED: {
    recovery: 'retry',
    meaning: 'The server could not be reached, or it does not accept connections yet.',
  },
  CONNECTION_LOST: {
    recovery: 'retry',
    meaning: 'The connection ended in the middle of something; its outcome is read again from the server.',
  },
  PROTOCOL_VIOLATED: {
    recovery: 'retry',
    meaning: 'What came over the connection is not what the protocol allows: bytes were lost or changed on the way.',
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
  SERVER_READ_ONLY: {
    recovery: 'retry',
    meaning: 'The server takes no writes now: it is a replica, or another server is taking its place.',
  },
  TRANSACTION_CONFLICT: {
    recovery: 'retry',
    meaning: 'A deadlock or a lock timeout rolled the statement or its transaction back.',
  },
  VALUE_REJECTED: { recovery: 'operator', meaning: 'A value does not fit the column it is written to.' },
  CONSTRAINT_VIOLATED: { recovery: 'operator', meaning: 'A row violates a constraint of the table it is written to.' },
  SCHEMA_MISMATCH: {
    recovery: 'operator',
    meaning: 'A table or column that a statement needs is missing or different.',
  },
  STATEMENT_FAILED: {
    recovery: 'operator',
    meaning: 'The server rejected a statement for another reason; its error number is in the details.',
  },
} as const satisfies ErrorTable;

export const mysqlErrorOf = errorFactory(mysqlErrors);

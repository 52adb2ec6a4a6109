import { type ErrorTable, errorFactory } from '@millrace/core';

/** Errors of a PostgreSQL connection, whichever connector it belongs to. */
export const postgresErrors = {
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
    meaning: 'The server refused the user, the password or the TLS settings.',
  },
  DATABASE_MISSING: { recovery: 'operator', meaning: 'The database in the connection does not exist.' },
  PERMISSION_DENIED: { recovery: 'operator', meaning: 'The role lacks a privilege.' },
  SERVER_BUSY: {
    recovery: 'retry',
    meaning: 'The server is out of connections, memory, disk or locks, or somebody cancelled the statement.',
  },
  TRANSACTION_CONFLICT: {
    recovery: 'retry',
    meaning: 'A deadlock, a serialization failure or a lock timeout rolled the transaction back.',
  },
  VALUE_REJECTED: { recovery: 'operator', meaning: 'A value does not fit the column it is written to.' },
  CONSTRAINT_VIOLATED: { recovery: 'operator', meaning: 'A row violates a constraint of the table it is written to.' },
  SCHEMA_MISMATCH: {
    recovery: 'operator',
    meaning: 'A table, column or type that a statement needs is missing or different.',
  },
  STATEMENT_FAILED: {
    recovery: 'operator',
    meaning: 'The server rejected a statement for another reason; the SQLSTATE is in the details.',
  },
} as const satisfies ErrorTable;

export const postgresErrorOf = errorFactory(postgresErrors);

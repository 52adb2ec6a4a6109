import { MillraceError, type ValidationItem } from '@millrace/core';
import { postgresError, sqlstateOf } from '@millrace/postgres-client';
import { failed } from './report.ts';

const path = 'source.connection';

/** `protocol_violation`: what a pooler answers to a startup option or a replication connection it does not know. */
const protocolViolation = '08P01';
/** `too_many_connections`, also of walsenders. */
const tooMany = '53300';
const notAllowed = '42501';

const pooler = failed('POOLER_NOT_SUPPORTED', {
  path,
  message: 'Between us and the server is a connection pooler, which passes neither settings nor replication on',
  fix: 'use the address of the server itself',
});

/** Why a plain connection could not be made. */
export const plainConnectionProblem = (error: unknown): ValidationItem => {
  if (sqlstateOf(error) === protocolViolation) return pooler;
  const { code, message } = error instanceof MillraceError ? error : postgresError(error, 'connect to the source');
  return failed(code === 'AUTHENTICATION_FAILED' ? 'AUTHENTICATION' : 'CONNECTION', { path, message });
};

/** Why a replication connection could not be made where a plain one could. */
export const replicationConnectionProblem = (error: unknown): ValidationItem => {
  const { message } = postgresError(error, 'open a replication connection');
  switch (sqlstateOf(error)) {
    case protocolViolation:
      return pooler;
    case tooMany:
      return failed('NO_FREE_SENDER', {
        path: 'source.slot',
        message,
        fix: 'ALTER SYSTEM SET max_wal_senders = 20; -- then restart the server',
      });
    case notAllowed:
      return failed('NOT_REPLICATION_ROLE', { path, message, fix: 'ALTER ROLE … REPLICATION;' });
    default:
      return failed('CONNECTION', { path, message });
  }
};

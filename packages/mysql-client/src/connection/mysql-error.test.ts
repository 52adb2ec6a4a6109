import { MillraceError } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { errnoOf, mysqlError } from './mysql-error.ts';

const failure = (message: string, given: object): Error => Object.assign(new Error(message), given);
const codeOf = (given: object): string => mysqlError(failure('it failed', given), 'look').code;

describe('an error', () => {
  it.each([
    ['CONNECTION_FAILED', { errno: -111, code: 'ECONNREFUSED', syscall: 'connect' }],
    ['CONNECTION_FAILED', { code: 'ETIMEDOUT', syscall: 'connect' }],
    ['CONNECTION_LOST', { errno: -104, code: 'ECONNRESET', syscall: 'read' }],
    ['CONNECTION_LOST', { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }],
    ['CONNECTION_LOST', {}],
    ['CONNECTION_LOST', { errno: 1053, code: 'ER_SERVER_SHUTDOWN', sqlState: '08S01' }],
    ['CONNECTION_LOST', { code: 'HANDSHAKE_SSL_ERROR', errno: -104, syscall: 'read' }],
    ['CONNECTION_LOST', { code: 'HANDSHAKE_SSL_ERROR', host: 'x', localAddress: undefined }],
    ['TLS_FAILED', { code: 'HANDSHAKE_SSL_ERROR' }],
    ['TLS_FAILED', { code: 'HANDSHAKE_NO_SSL_SUPPORT' }],
    ['TLS_FAILED', { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }],
    ['AUTHENTICATION_FAILED', { errno: 1045, code: 'ER_ACCESS_DENIED_ERROR', sqlState: '28000' }],
    ['AUTHENTICATION_FAILED', { code: 'AUTH_SWITCH_PLUGIN_ERROR' }],
    ['SERVER_BUSY', { errno: 1040, code: 'ER_CON_COUNT_ERROR', sqlState: '' }],
    ['CONNECTION_FAILED', { errno: 1047, sqlState: '08S01' }],
    ['SERVER_READ_ONLY', { errno: 1290, sqlState: 'HY000' }],
    ['TRANSACTION_CONFLICT', { errno: 1213, sqlState: '40001' }],
    ['PERMISSION_DENIED', { errno: 1227, sqlState: '42000' }],
    ['VALUE_REJECTED', { errno: 1406, sqlState: '22001' }],
    ['CONSTRAINT_VIOLATED', { errno: 1062, sqlState: '23000' }],
    ['STATEMENT_FAILED', { errno: 1064, sqlState: '42000' }],
  ])('is %s', (code, given) => {
    expect(codeOf(given)).toBe(code);
  });

  it.each([
    ["Duplicate entry 'secret'", 1062, {}],
    ["Incorrect integer value: 'secret' for column 'a' at row 1", 1366, { column: 'a' }],
    ["Incorrect integer value: 'secret' for column `d`.`t`.`a` at row 1", 1366, { column: 'a' }],
    ["Incorrect value: 'x for column 'secret' at row 1' for column 'a' at row 2", 1366, { column: 'a' }],
  ])('keeps its number and leaves out the statement: %s', (message, errno, column) => {
    const error = mysqlError(failure(message, { errno, sqlState: '23000', sql: 'secret', statement: 2 }), 'x');
    expect(error).toBeInstanceOf(MillraceError);
    expect(errnoOf(error)).toBe(errno);
    expect(error.details).toEqual({ errno, sqlstate: '23000', statement: 2, ...column });
    const { details, cause } = error;
    expect(JSON.stringify([error.message, details, cause, String(cause)])).not.toContain('secret');
  });

  it('of ours stays as it is', () => {
    const error = mysqlError(new Error('it failed'), 'look');
    expect(mysqlError(error, 'look again')).toBe(error);
    expect(errnoOf(error)).toBe(null);
  });
});

import { qualifiedName, type Relation } from '@millrace/core';
import { MalformedRow } from '@millrace/mysql-client';
import { MalformedValue } from '../values/malformed-value.ts';
import { rowError } from './row-errors.ts';

/** The error for what was thrown while a value was read: with table and column, and never with the value. */
export const valueError = (relation: Relation, column: number, error: unknown): unknown => {
  const isTooLong = error instanceof Error && 'code' in error && error.code === 'ERR_STRING_TOO_LONG';
  if (!isTooLong && !(error instanceof MalformedValue || error instanceof MalformedRow)) return error;
  const table = qualifiedName(relation);
  const name = relation.columns[column]?.name;
  const reason = isTooLong ? 'its text is longer than strings of JavaScript can be' : error.message;
  return rowError('DECODE_FAILED', `Cannot decode ${table}.${name}: ${reason}`, { details: { table, column: name } });
};

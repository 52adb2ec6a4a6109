import { MillraceError } from '@millrace/core';
import { postgresErrorOf, type postgresErrors } from './error-table.ts';

type Code = keyof typeof postgresErrors;

/** By SQLSTATE, the longest prefix wins (PostgreSQL manual, "PostgreSQL Error Codes"). */
const classification: Readonly<Record<string, Code>> = {
  '08': 'CONNECTION_LOST',
  '22': 'VALUE_REJECTED',
  '23': 'CONSTRAINT_VIOLATED',
  '28': 'AUTHENTICATION_FAILED',
  '3D': 'DATABASE_MISSING',
  '3F': 'SCHEMA_MISMATCH',
  '40': 'TRANSACTION_CONFLICT',
  '42501': 'PERMISSION_DENIED',
  '42P01': 'SCHEMA_MISMATCH',
  '42703': 'SCHEMA_MISMATCH',
  '42704': 'SCHEMA_MISMATCH',
  '42804': 'SCHEMA_MISMATCH',
  '428C9': 'SCHEMA_MISMATCH',
  '42P10': 'SCHEMA_MISMATCH',
  '53': 'SERVER_BUSY',
  '55P03': 'TRANSACTION_CONFLICT',
  '55006': 'SERVER_BUSY',
  '57014': 'SERVER_BUSY',
  '57P01': 'CONNECTION_LOST',
  '57P02': 'CONNECTION_LOST',
  '57P03': 'CONNECTION_FAILED',
  '57P05': 'CONNECTION_LOST',
  '25P03': 'CONNECTION_LOST',
  '58': 'SERVER_BUSY',
};

/** Classes whose messages name objects and never quote a value; every other message stays out of ours (invariant 12). */
const messagesWithoutValues = /^(08|0A|28|3D|3F|40|42(?!601)|53|55|57|58)/;

/** What the driver says of an error the server sent. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  readonly routine?: string;
  readonly position?: string;
}

const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';

const classify = (sqlstate: string): Code =>
  classification[sqlstate] ?? classification[sqlstate.slice(0, 2)] ?? 'STATEMENT_FAILED';

const named = (error: ServerError): Record<string, string> => {
  const names = ['schema', 'table', 'column', 'dataType', 'constraint', 'routine', 'position'] as const;
  return Object.fromEntries(names.flatMap((name) => (error[name] === undefined ? [] : [[name, error[name]]])));
};

/**
 * What a failed statement or connection means, without row values: `DETAIL`, `CONTEXT` and every message that can
 * quote one are left out. `doing` completes "could not …".
 */
export const postgresError = (error: unknown, doing: string): MillraceError => {
  if (error instanceof MillraceError) return error;
  if (isServerError(error)) {
    const message = messagesWithoutValues.test(error.code)
      ? error.message
      : 'the message is withheld, it may hold values';
    const details = { sqlstate: error.code, ...named(error) };
    const cause = Object.assign(new Error(message), details);
    const about = [error.schema, error.table, error.column].filter((name) => name !== undefined).join('.');
    const constraint = error.constraint === undefined ? '' : `, constraint ${error.constraint}`;
    return postgresErrorOf(
      classify(error.code),
      `Could not ${doing}: ${message} (SQLSTATE ${error.code}${about && `, ${about}`}${constraint})`,
      { details, cause },
    );
  }
  const system = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
  const reason = error instanceof Error ? error.message : String(error);
  const failed = system !== null && /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/.test(system);
  return postgresErrorOf(failed ? 'CONNECTION_FAILED' : 'CONNECTION_LOST', `Could not ${doing}: ${reason}`, {
    details: system === null ? {} : { system },
    cause: error,
  });
};

/** The SQLSTATE behind an error of either form, or `null`. */
export const sqlstateOf = (error: unknown): string | null => {
  if (isServerError(error)) return error.code;
  if (error instanceof MillraceError && typeof error.details.sqlstate === 'string') return error.details.sqlstate;
  return null;
};

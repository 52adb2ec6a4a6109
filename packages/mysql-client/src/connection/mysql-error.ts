import { MillraceError } from '@millrace/core';
import { mysqlErrorOf, type mysqlErrors } from '../error-table.ts';

type Code = keyof typeof mysqlErrors;

/**
 * By number (MySQL manual, "Server Error Message Reference"; MariaDB knowledge base, "MariaDB Error Codes"). The messages
 * of all of these but the last two name objects and never quote a value; every other message stays out of ours (invariant 12).
 */
const numbers: Partial<Record<Code, readonly number[]>> = {
  // bad host, bad handshake, a node of Galera that is not ready, offline mode
  CONNECTION_FAILED: [1042, 1043, 1047, 3032],
  // shutdown, aborted, network errors of the server's side, killed (MariaDB), idle for too long
  CONNECTION_LOST: [1053, 1077, 1078, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 4031],
  // access denied, blocked or unknown host, plugin, expired password, locked account (both servers'), TLS required
  AUTHENTICATION_FAILED: [1045, 1129, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 3159, 4151],
  DATABASE_MISSING: [1049],
  PERMISSION_DENIED: [1044, 1095, 1142, 1143, 1227, 1370],
  // disk full, memory, connections, limits, table full, interrupted, timed out (both servers')
  SERVER_BUSY: [1021, 1037, 1038, 1040, 1041, 1114, 1203, 1226, 1317, 1969, 3024],
  // by an option, as during a switchover; by InnoDB
  SERVER_READ_ONLY: [1290, 1836],
  TRANSACTION_CONFLICT: [1205, 1213, 1614, 3101, 3572],
  SCHEMA_MISMATCH: [1051, 1054, 1109, 1146, 1412],
  // out of range, truncated, wrong for its type, too long, no JSON, no place
  VALUE_REJECTED: [1264, 1265, 1292, 1366, 1406, 1411, 1690, 3140, 3616],
  // NULL, there already, foreign keys, against a CHECK (both servers')
  CONSTRAINT_VIOLATED: [1048, 1062, 1216, 1217, 1451, 1452, 1586, 3819, 4025],
};

const classification: ReadonlyMap<number, Code> = new Map(
  Object.entries(numbers).flatMap(([code, list]) => list.map((number): [number, Code] => [number, code as Code])),
);

/** What the driver says of an error the server sent. Beside that it keeps the statement, with its values. */
interface ServerError extends Error {
  readonly errno: number;
  readonly sqlState?: string;
  /** Its number, where several were sent together. */
  readonly statement?: number;
}

/** Numbers of the operating system are negative. */
const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && 'errno' in error && typeof error.errno === 'number' && error.errno >= 1_000;

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** The driver gives everything that ends a TLS handshake one code; what broke the connection has a system call or an address. */
const isBrokenHandshake = (error: unknown): boolean =>
  error instanceof Error && ('syscall' in error || 'localAddress' in error);

const classifySystem = (error: unknown, system: string): Code => {
  if (system === 'HANDSHAKE_SSL_ERROR') return isBrokenHandshake(error) ? 'CONNECTION_LOST' : 'TLS_FAILED';
  if (system === 'HANDSHAKE_NO_SSL_SUPPORT' || /^(ERR_SSL|ERR_TLS|ERR_OSSL|CERT_)/.test(system)) return 'TLS_FAILED';
  if (system.startsWith('AUTH_SWITCH')) return 'AUTHENTICATION_FAILED';
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|ETIMEDOUT)$/.test(system)) {
    return 'CONNECTION_FAILED';
  }
  return 'CONNECTION_LOST';
};

/** What comes before may be a value; this is the server's own word of the column that it was for. */
const columnOf = (message: string): string | undefined =>
  / for column (?:`[^`]*`\.`[^`]*`\.)?[`']([^`']+)[`'] at row \d+$/.exec(message)?.[1];

/**
 * What a failed statement or connection means, without row values and secrets: the statement, which the driver attaches,
 * and every message that can quote a value are left out. `doing` completes "could not …".
 */
export const mysqlError = (error: unknown, doing: string): MillraceError => {
  if (error instanceof MillraceError) return error;
  if (isServerError(error)) {
    const code = classification.get(error.errno);
    const quotesValues = code === undefined || code === 'VALUE_REJECTED' || code === 'CONSTRAINT_VIOLATED';
    const column = columnOf(error.message);
    const message = quotesValues ? 'the message is withheld, it may hold values' : error.message;
    const { errno, sqlState, statement } = error;
    const details = {
      errno,
      sqlstate: sqlState || null,
      ...(statement === undefined ? {} : { statement }),
      ...(column === undefined ? {} : { column }),
    };
    return mysqlErrorOf(
      code ?? 'STATEMENT_FAILED',
      `Could not ${doing}: ${message} (error ${errno}${column === undefined ? '' : `, column ${column}`})`,
      {
        details,
        cause: Object.assign(new Error(message), details),
      },
    );
  }
  const system = codeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  const code = system === null ? 'CONNECTION_LOST' : classifySystem(error, system);
  return mysqlErrorOf(code, `Could not ${doing}: ${reason}`, {
    details: system === null ? {} : { system },
    cause: Object.assign(new Error(reason), { code: system }),
  });
};

/** The server's number of an error of either form, or `null`. */
export const errnoOf = (error: unknown): number | null => {
  if (isServerError(error)) return error.errno;
  return error instanceof MillraceError && typeof error.details.errno === 'number' ? error.details.errno : null;
};

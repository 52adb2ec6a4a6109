import {
  connectionProblems,
  isObject,
  type MysqlConnection,
  type Problem,
  type ResolvedConnection,
  resolveConnection,
  unknownKeys,
} from '@millrace/mysql-client';
import { mysqlSourceError } from './mysql-source-errors.ts';
import type { ZeroDates } from './values/zero-dates.ts';

/** Plain data, so that a JSON configuration can say the same. */
export interface MysqlSourceOptions {
  /** A URL, a DSN or an object, of a user that may replicate. Its database is the one of tables that name none. */
  readonly connection: MysqlConnection;
  /** By which the server knows this replica: no other one may have it. Default: one is chosen that is unlikely to be taken. */
  readonly serverId?: number;
  /** Bounds of one batch, and with that of what is read ahead. Default: 5,000 changes, 1 MiB. */
  readonly batch?: { readonly maxChanges?: number; readonly maxBytes?: number };
  /** What becomes of dates that the calendar does not have, such as `0000-00-00`. Default: `error`. */
  readonly zeroDates?: ZeroDates;
  /**
   * Tables, as `schema.table`, whose rows foreign keys change or delete without a word in the log (MariaDB, and MySQL before
   * 9.6), and that are to be captured all the same: those changes do not arrive.
   */
  readonly acceptCascades?: readonly string[];
}

export interface ResolvedOptions {
  readonly connection: ResolvedConnection;
  readonly serverId: number | undefined;
  readonly limits: { readonly maxChanges: number; readonly maxBytes: number };
  readonly zeroDates: ZeroDates;
  readonly acceptCascades: readonly string[];
}

const known = ['connection', 'serverId', 'batch', 'zeroDates', 'acceptCascades'];

const isWhole = (value: unknown, most = Number.MAX_SAFE_INTEGER): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= most;

const serverIdProblems = ({ serverId }: Record<string, unknown>): Problem[] =>
  serverId === undefined || isWhole(serverId, 0xffff_ffff)
    ? []
    : [{ path: 'source.serverId', message: 'must be a whole number from 1 to 4294967295' }];

const batchProblems = ({ batch }: Record<string, unknown>): Problem[] => {
  if (batch === undefined) return [];
  if (!isObject(batch)) return [{ path: 'source.batch', message: 'must be an object' }];
  const limits = ['maxChanges', 'maxBytes'];
  const wrong = limits.filter((key) => batch[key] !== undefined && !isWhole(batch[key]));
  return [
    ...wrong.map((key) => ({ path: `source.batch.${key}`, message: 'must be a whole number above 0' })),
    ...unknownKeys(batch, limits, 'source.batch.'),
  ];
};

const isDate = (value: unknown): boolean => {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const date = new Date(value);
  // JavaScript takes February 30 for March 2.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
};

const zeroDatesProblems = ({ zeroDates }: Record<string, unknown>): Problem[] =>
  zeroDates === undefined ||
  zeroDates === 'error' ||
  zeroDates === 'null' ||
  (isObject(zeroDates) && isDate(zeroDates.value))
    ? []
    : [{ path: 'source.zeroDates', message: "must be 'error', 'null' or { value: '1970-01-01' }" }];

const cascadesProblems = ({ acceptCascades }: Record<string, unknown>): Problem[] =>
  acceptCascades === undefined ||
  (Array.isArray(acceptCascades) && acceptCascades.every((name) => typeof name === 'string' && name.includes('.')))
    ? []
    : [{ path: 'source.acceptCascades', message: 'must be a list of names such as shop.order_items' }];

/** Every problem of the options, none when they are right. */
const optionProblems = (options: unknown): readonly Problem[] => {
  if (!isObject(options)) return [{ path: 'source', message: 'must be an object with a connection' }];
  return [
    ...connectionProblems(options.connection, 'source.connection'),
    ...serverIdProblems(options),
    ...batchProblems(options),
    ...zeroDatesProblems(options),
    ...cascadesProblems(options),
    ...unknownKeys(options, known, 'source.'),
  ];
};

/** Throws `INVALID_OPTIONS` with every problem at once. */
export const resolveOptions = (options: MysqlSourceOptions): ResolvedOptions => {
  const problems = optionProblems(options);
  if (problems.length > 0) {
    const list = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw mysqlSourceError('INVALID_OPTIONS', `The options of the MySQL source are wrong: ${list}`, {
      details: { problems },
    });
  }
  const { connection, serverId, batch = {}, zeroDates = 'error', acceptCascades = [] } = options;
  const { maxChanges = 5_000, maxBytes = 1024 * 1024 } = batch;
  return {
    connection: resolveConnection(connection),
    serverId,
    limits: { maxChanges, maxBytes },
    zeroDates,
    acceptCascades,
  };
};

import { type ParsedConnection, parseConnectionText } from './connection-text.ts';
import { isObject, type Problem, unknownKeys } from './problem.ts';
import { type MysqlTls, type ResolvedTls, resolveTls, tlsProblems } from './tls-options.ts';

/** A server and a user of it. */
export interface MysqlConnectionOptions {
  readonly host: string;
  /** Default: 3306. */
  readonly port?: number;
  readonly user: string;
  readonly password?: string;
  /** The database that names without one belong to. */
  readonly database?: string;
  /** Default: `preferred`. */
  readonly tls?: MysqlTls;
  /** How long it may take until the server has let us in, and then until it answers, in ms. Default: 10,000. */
  readonly connectTimeout?: number;
}

/**
 * A URL, `mysql://user:password@host:3306/database?ssl=true`, whose parts are percent-encoded; a DSN,
 * `user:password@tcp(host:3306)/database?tls=true`, whose user and password stand as they are; or an object. `ssl` and
 * `tls` are `true`, `false`, `skip-verify` or `preferred`, in either text.
 */
export type MysqlConnection = string | MysqlConnectionOptions;

/** The connection with its defaults, whatever form it was given in. It holds the password: it goes into no message. */
export interface ResolvedConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string | null;
  readonly tls: ResolvedTls;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

const known = ['host', 'port', 'user', 'password', 'database', 'tls', 'connectTimeout'];

const textProblem = (value: unknown, path: string): Problem[] =>
  typeof value === 'string' && value !== '' ? [] : [{ path, message: 'must be a text that is not empty' }];

const numberProblem = (value: unknown, path: string, most: number): Problem[] =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= most
    ? []
    : [{ path, message: `must be a whole number from 1 to ${most}` }];

/** A part that was given as text and is none, e.g. a port `x`, comes as it is. */
const partProblems = (given: ParsedConnection, path: string): Problem[] => [
  ...textProblem(given.host, `${path}.host`),
  ...(given.port === undefined ? [] : numberProblem(given.port, `${path}.port`, 65_535)),
  ...textProblem(given.user, `${path}.user`),
  ...(given.password === undefined || typeof given.password === 'string'
    ? []
    : [{ path: `${path}.password`, message: 'must be a text' }]),
  ...(given.database === undefined ? [] : textProblem(given.database, `${path}.database`)),
  ...tlsProblems(given.tls, `${path}.tls`),
  ...(given.connectTimeout === undefined
    ? []
    : numberProblem(given.connectTimeout, `${path}.connectTimeout`, 2_147_483_647)),
  ...unknownKeys(given, known, `${path}.`),
];

/** Every problem of a connection, none when it is right. None of them quotes it. */
export const connectionProblems = (connection: unknown, path: string): readonly Problem[] => {
  if (typeof connection === 'string') {
    const parsed = parseConnectionText(connection);
    return typeof parsed === 'string' ? [{ path, message: parsed }] : partProblems(parsed, path);
  }
  if (isObject(connection)) return partProblems(connection, path);
  return [{ path, message: 'must be a URL, a DSN or an object with host, user, password …' }];
};

/** Of a connection without problems. */
export const resolveConnection = (connection: MysqlConnection): ResolvedConnection => {
  const parsed = typeof connection === 'string' ? parseConnectionText(connection) : connection;
  // What was checked has these types.
  const given = parsed as MysqlConnectionOptions;
  const { host, port = 3306, user, password = '', database = null, tls, connectTimeout = 10_000 } = given;
  return { host, port, user, password, database, tls: resolveTls(tls), connectTimeout };
};

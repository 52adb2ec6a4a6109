import { connect, isIP, type Socket } from 'node:net';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2';
import { parseServerVersion, type ServerVersion } from '../server-version.ts';
import type { ResolvedConnection } from './connection-options.ts';
import type { ResolvedTls } from './tls-options.ts';

export interface DriverOptions {
  /** By which an operator finds the connection, in `performance_schema.session_connect_attrs`. */
  readonly applicationName: string;
  /** Ends connecting. */
  readonly signal?: AbortSignal | undefined;
  /** What is asked of the protocol beside the driver's choice, by the names of its flags; a minus takes one away. */
  readonly flags?: readonly string[];
}

/** A connection of the driver's, logged in. It has a listener for errors, so a break does not end the process. */
export interface DriverConnection {
  readonly driver: Connection;
  /** Destroying it ends every wait on the connection, encrypted or not. */
  readonly socket: Socket;
  readonly server: ServerVersion;
  /** By which the server knows the connection: `KILL` takes it. */
  readonly threadId: number;
}

/** The driver's types leave out what the server says of itself when a connection begins. */
interface Greeting {
  readonly serverVersion: string;
  readonly connectionId: number;
}

/**
 * Connects and logs in. Rejects with the signal's reason when aborted, within a second, and otherwise with the driver's
 * error; nothing is left open then.
 */
export const connectDriver = async (
  connection: ResolvedConnection,
  options: DriverOptions,
): Promise<DriverConnection> => {
  const { tls } = connection;
  if (tls.kind !== 'preferred') return attempt(connection, tls, options);
  try {
    return await attempt(connection, { kind: 'on', verify: 'nothing' }, options);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'HANDSHAKE_NO_SSL_SUPPORT') {
      return attempt(connection, { kind: 'off' }, options);
    }
    throw error;
  }
};

const attempt = async (
  { host, port, user, password, database, connectTimeout }: ResolvedConnection,
  tls: ResolvedTls,
  { applicationName, signal, flags = [] }: DriverOptions,
): Promise<DriverConnection> => {
  signal?.throwIfAborted();
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
  // By this Node.js compares a certificate with an address that is a number; otherwise it would be taken for `localhost`.
  if (isIP(host) !== 0) Object.assign(socket, { _host: host });
  const abort = () => socket.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const driver = createConnection({
      host,
      port,
      user,
      password,
      ...(database === null ? {} : { database }),
      ...driverTls(tls),
      stream: () => socket,
      connectTimeout,
      charset: 'utf8mb4',
      flags: [...flags],
      connectAttributes: { program_name: applicationName },
    });
    const { serverVersion, connectionId } = await greeting(driver);
    // MariaDB before 11 says so first, for replicas that are older than its numbers.
    const server = parseServerVersion(serverVersion.replace(/^5\.5\.5-/, ''));
    return { driver, socket, server, threadId: connectionId };
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
};

const greeting = (driver: Connection): Promise<Greeting> =>
  new Promise((resolve, reject) => {
    driver.once('connect', resolve);
    driver.on('error', reject);
  });

const driverTls = (tls: ResolvedTls): Pick<ConnectionOptions, 'ssl'> => {
  if (tls.kind !== 'on') return {};
  const { kind: _, verify, ...certificates } = tls;
  return {
    ssl: { ...certificates, rejectUnauthorized: verify !== 'nothing', verifyIdentity: verify === 'identity' },
  };
};

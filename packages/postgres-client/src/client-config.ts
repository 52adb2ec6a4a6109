import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { startupOptions } from './session-settings.ts';

/** A URL (`postgres://user:password@host:5432/database?sslmode=…`) or the driver's own options. */
export type PostgresConnection = string | ClientConfig;

export interface ClientConfigOptions {
  readonly applicationName: string;
  /** Settings of this connection beside the pinned ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Read into the same memory again and again, of so many bytes: what `data` events of the socket give is valid during the
   * event. Absent: every read has memory of its own. With TLS it makes no difference.
   */
  readonly readBuffer?: number;
}

/** The socket's own `data` events, without memory or a queue of the stream for them. */
const readingInto = (length: number): Socket => {
  const callback = (count: number, bytes: Uint8Array): boolean => {
    socket.emit('data', bytes.subarray(0, count));
    return true;
  };
  // Its types know this of connecting only.
  const options: SocketConstructorOpts & ConnectOpts = { onread: { buffer: Buffer.allocUnsafeSlow(length), callback } };
  const socket = new Socket(options);
  return socket;
};

/** The driver's configuration with pinned settings, and the socket it will use: destroying that ends every wait. */
export const pinnedClientConfig = (
  connection: PostgresConnection,
  { applicationName, settings = {}, readBuffer }: ClientConfigOptions,
): { readonly config: ClientConfig; readonly socket: Socket } => {
  const given = typeof connection === 'string' ? parseIntoClientConfig(connection) : connection;
  const socket = readBuffer === undefined ? new Socket() : readingInto(readBuffer);
  const config: ClientConfig = {
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...given,
    application_name: applicationName,
    options: startupOptions(given.options, settings),
    stream: () => socket,
  };
  return { config, socket };
};

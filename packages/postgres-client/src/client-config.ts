import { Socket } from 'node:net';
import pg, { type ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { startupOptions } from './session-settings.ts';

/** A URL (`postgres://user:password@host:5432/database?sslmode=…`) or the driver's own options. */
export type PostgresConnection = string | ClientConfig;

export interface ClientConfigOptions {
  readonly applicationName: string;
  /** Settings of this connection beside the pinned ones. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The driver's configuration with pinned settings, and the socket it will use: destroying that ends every wait. */
export const pinnedClientConfig = (
  connection: PostgresConnection,
  { applicationName, settings = {} }: ClientConfigOptions,
): { readonly config: ClientConfig; readonly socket: Socket } => {
  const given = typeof connection === 'string' ? parseIntoClientConfig(connection) : connection;
  const socket = new Socket();
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

/** The database that a connection leads to, and the same connection to another one of that server. */
export const otherDatabase = (
  connection: PostgresConnection,
  database: string,
): { readonly name: string; readonly connection: ClientConfig } => {
  const { connectionString, ...given } = typeof connection === 'string' ? { connectionString: connection } : connection;
  const parsed = connectionString === undefined ? {} : parseIntoClientConfig(connectionString);
  const config: ClientConfig = { ...given, ...parsed };
  return { name: new pg.Client(config).database ?? '', connection: { ...config, database } };
};

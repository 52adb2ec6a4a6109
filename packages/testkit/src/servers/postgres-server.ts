import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './embedded-postgres.ts';
import { createDataDirectory } from './postgres-data-directory.ts';
import { type PostgresEndpoint, postgresUrl } from './postgres-endpoint.ts';
import { defaultSettings, type PostgresSettings } from './postgres-settings.ts';
import { serverAccount } from './server-account.ts';
import { createServerDirectory } from './server-directory.ts';
import { ServerProcess, type ServerProcessOptions } from './server-process.ts';
import { endPostgres, ServerWatchdog } from './server-watchdog.ts';

/** Which server to start. */
export interface PostgresOptions {
  /** The programs that it runs, e.g. those of `embeddedPostgres`. */
  readonly binaries: PostgresBinaries;
  /** Settings that replace or add to the default ones. */
  readonly settings?: PostgresSettings;
}

const shutdownSignals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** How a server is told to stop: clean, or without a final checkpoint so that it recovers at its next start. */
export type ShutdownMode = keyof typeof shutdownSignals;

/**
 * Starts a private PostgreSQL: own data directory, free port of 127.0.0.1, superuser `postgres`, durable, with logical
 * decoding. It accepts connections when this resolves; rejects, with the server's log, when it does not start, or not
 * within 60 s. It is gone, with its files, after {@link PostgresServer.stop} or when the calling process ends, however it
 * ends. Linux only; started by root it runs as `nobody`.
 */
export async function startPostgres({ binaries, settings = {} }: PostgresOptions): Promise<PostgresServer> {
  const { version } = binaries;
  const account = serverAccount();
  const directory = await createServerDirectory(`postgresql-${version}`, account);
  const watchdog = new ServerWatchdog(directory, account, endPostgres);
  try {
    const data = await createDataDirectory(binaries, directory, { ...defaultSettings, ...settings });
    const server = new PostgresServer(binaries, { name: `PostgreSQL ${version}`, directory, data, account, watchdog });
    await server.start();
    return server;
  } catch (error) {
    await watchdog.end();
    throw error;
  }
}

/** A private PostgreSQL server whose process the test controls. Port and data stay the same across restarts. */
export class PostgresServer extends ServerProcess implements PostgresEndpoint {
  readonly version: number;
  protected readonly endsBy = shutdownSignals.immediate;
  readonly #postgres: string;

  constructor({ version, postgres }: PostgresBinaries, options: ServerProcessOptions) {
    super(options);
    this.version = version;
    this.#postgres = postgres;
  }

  /** Connection string of the superuser for a database, `postgres` unless told. */
  url(database?: string): string {
    return postgresUrl(this, database);
  }

  /** Starts the server on its data and port; resolves when it accepts connections, after any recovery. */
  start(): Promise<void> {
    const data = this.dataDirectory;
    return this.run((port) => ({ file: this.#postgres, args: ['-D', data, '-p', String(port)], cwd: data }));
  }

  /** Stops the server and keeps its data; `start` continues there. */
  shutdown(mode: ShutdownMode): Promise<void> {
    return this.end(shutdownSignals[mode]);
  }

  /** Stops and starts the server: the same port, the same data, every connection lost. */
  async restart(mode: ShutdownMode): Promise<void> {
    await this.shutdown(mode);
    await this.start();
  }

  protected async accepts(pid: number): Promise<boolean> {
    const lines = (await readFile(join(this.dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    return lines[0] === String(pid) && lines[7]?.startsWith('ready') === true;
  }
}

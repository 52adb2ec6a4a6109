import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, isFree } from '../network/free-port.ts';
import { childProcesses, isHalted, isRunning } from '../processes/process-table.ts';
import { until } from '../waiting/until.ts';
import type { PostgresBinaries } from './embedded-postgres.ts';
import { configure, createDataDirectory, serverEnvironment } from './postgres-data-directory.ts';
import { type PostgresEndpoint, postgresUrl } from './postgres-endpoint.ts';
import { defaultSettings, type PostgresSettings } from './postgres-settings.ts';
import { type Account, serverAccount } from './server-account.ts';
import { createServerDirectory } from './server-directory.ts';
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
  const { version, postgres } = binaries;
  const account = serverAccount();
  const directory = await createServerDirectory(`postgresql-${version}`, account);
  const watchdog = new ServerWatchdog(directory, account, endPostgres);
  try {
    const data = await createDataDirectory(binaries, directory, { ...defaultSettings, ...settings });
    const server = new PostgresServer({ version, postgres, directory, data, account, watchdog });
    await server.start();
    return server;
  } catch (error) {
    await watchdog.end();
    throw error;
  }
}

interface Parts {
  readonly version: number;
  readonly postgres: string;
  readonly directory: string;
  readonly data: string;
  readonly account: Account;
  readonly watchdog: ServerWatchdog;
}

/** A private PostgreSQL server whose process the test controls. Port and data stay the same across restarts. */
export class PostgresServer implements PostgresEndpoint, AsyncDisposable {
  readonly host = '127.0.0.1';
  readonly version: number;
  readonly #parts: Parts;
  #port: number | undefined;
  #process: ChildProcess | undefined;

  constructor(parts: Parts) {
    this.version = parts.version;
    this.#parts = parts;
  }

  get port(): number {
    if (this.#port === undefined) throw new Error('The server has not been started');
    return this.#port;
  }

  /** Process id of the postmaster; throws when the server is down. */
  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('The server is down');
    return pid;
  }

  /** Where the cluster lies. */
  get dataDirectory(): string {
    return this.#parts.data;
  }

  /** Connection string of the superuser for a database, `postgres` unless told. */
  url(database?: string): string {
    return postgresUrl(this, database);
  }

  /** Everything the server has logged since it was made. */
  log(): Promise<string> {
    return readFile(join(this.#parts.directory, 'log'), 'utf8');
  }

  /** Starts the server on its data and port; resolves when it accepts connections, after any recovery. */
  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error('The server is already running');
    if (this.#port !== undefined) return this.#launch();
    for (let attempt = 0; ; attempt++) {
      const port = await freePort();
      await configure(this.#parts.data, { port: String(port) });
      this.#port = port;
      try {
        return await this.#launch();
      } catch (error) {
        // Another server may have taken the port in between.
        if (attempt === 3 || (await isFree(port))) throw error;
      }
    }
  }

  /** Stops the server and keeps its data; `start` continues there. */
  async shutdown(mode: ShutdownMode): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.thaw();
    child.ref();
    child.kill(shutdownSignals[mode]);
    await until(() => this.#process === undefined, { describe: `PostgreSQL ${mode} shutdown`, timeout: 30_000 });
  }

  /** Stops and starts the server: the same port, the same data, every connection lost. */
  async restart(mode: ShutdownMode): Promise<void> {
    await this.shutdown(mode);
    await this.start();
  }

  /**
   * Ends the server and all its processes at once, as a crash of its machine would: no connection
   * is told anything and no process outlives the others. `start` recovers from its log.
   */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    child.ref();
    const processes = [...(await this.#halt(child.pid)), child.pid];
    signalAll(processes, 'SIGKILL');
    const gone = () => this.#process === undefined && !processes.some(isRunning);
    await until(gone, { describe: 'end of killed PostgreSQL processes' });
  }

  /**
   * Halts the server and all its processes where they stand: its connections stay open, and nothing comes over them.
   * Connections that are made meanwhile wait. Resolves when all of them stand still.
   */
  async freeze(): Promise<void> {
    const children = await this.#halt(this.pid);
    signalAll(children, 'SIGSTOP');
    await until(() => children.every(isHalted), { describe: 'halted PostgreSQL processes' });
  }

  /** Ends `freeze`. Does nothing otherwise. */
  thaw(): void {
    const pid = this.#process?.pid;
    if (pid !== undefined) signalAll([...childProcesses(pid), pid], 'SIGCONT');
  }

  /** Stops the server and deletes everything it has on disk. Further calls do nothing. */
  async stop(): Promise<void> {
    await this.shutdown('immediate');
    await this.#parts.watchdog.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Halts the postmaster, which then starts no process any more, and gives those that it has started. */
  async #halt(pid: number): Promise<readonly number[]> {
    process.kill(pid, 'SIGSTOP');
    await until(() => isHalted(pid), { describe: 'a halted PostgreSQL server' });
    return childProcesses(pid);
  }

  async #launch(): Promise<void> {
    const { postgres, directory, data, account } = this.#parts;
    await using log = await open(join(directory, 'log'), 'a', 0o644);
    const child = spawn(postgres, ['-D', data], {
      ...account,
      cwd: directory,
      env: serverEnvironment,
      detached: true, // a Ctrl-C of the terminal is for the tests, not for the server
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    this.#process = child;
    child.once('exit', () => {
      this.#process = undefined;
    });
    child.unref();
    await until(() => this.#accepts(child), {
      describe: `PostgreSQL ${this.version} to accept connections`,
      timeout: 60_000,
    });
  }

  async #accepts(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`PostgreSQL ${this.version} did not start:\n${await this.log()}`);
    }
    const lines = (await readFile(join(this.#parts.data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    return lines[0] === String(child.pid) && lines[7]?.startsWith('ready') === true;
  }
}

const signalAll = (processes: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of processes) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It has ended in the meantime.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
};

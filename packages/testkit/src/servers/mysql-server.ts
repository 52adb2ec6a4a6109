import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, isFree } from '../network/free-port.ts';
import { isHalted, isRunning } from '../processes/process-table.ts';
import { until } from '../waiting/until.ts';
import { type MysqlBinaries, mysqlServerProgram } from './mysql-binaries.ts';
import { withMysql } from './mysql-client.ts';
import { createMysqlDataDirectory, mysqlPlaces } from './mysql-data-directory.ts';
import { type MysqlEndpoint, type MysqlKind, mysqlSuperuser } from './mysql-endpoint.ts';
import { defaultMysqlSettings, type MysqlSettings, mysqlArguments } from './mysql-settings.ts';
import { serverEnvironment } from './postgres-data-directory.ts';
import { type Account, serverAccount } from './server-account.ts';
import { createServerDirectory } from './server-directory.ts';
import { killServer, ServerWatchdog } from './server-watchdog.ts';

/** Which server to start. */
export interface MysqlOptions {
  /** The programs that it runs, those of `unpackedMysql`. */
  readonly binaries: MysqlBinaries;
  /** Settings that replace or add to the default ones. */
  readonly settings?: MysqlSettings;
  /** Files that lie in the data directory before the first start, by name: settings such as `ssl_cert` name them so. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Starts a private MySQL or MariaDB: own data directory, free port of 127.0.0.1, superuser `root`, durable, with a server
 * id of its own and a binlog of whole rows with GTIDs. It accepts connections when this resolves; rejects, with the
 * server's log, when it does not start, or not within 60 s. It is gone, with its files, after {@link MysqlServer.stop} or
 * when the calling process ends, however it ends. Linux only; started by root it runs as `nobody`. Needs `mysql2`.
 */
export async function startMysql({ binaries, settings = {}, files = {} }: MysqlOptions): Promise<MysqlServer> {
  const account = serverAccount();
  const directory = await createServerDirectory(binaries.release, account);
  const watchdog = new ServerWatchdog(directory, account, killServer);
  try {
    const data = await createMysqlDataDirectory(binaries, directory);
    for (const [name, content] of Object.entries(files)) await writeFile(join(data, name), content);
    const all = { ...defaultMysqlSettings(binaries.kind), ...settings };
    const server = new MysqlServer({ binaries, directory, data, account, watchdog, settings: all });
    await server.start();
    return server;
  } catch (error) {
    await watchdog.end();
    throw error;
  }
}

interface Parts {
  readonly binaries: MysqlBinaries;
  readonly directory: string;
  readonly data: string;
  readonly account: Account;
  readonly watchdog: ServerWatchdog;
  readonly settings: MysqlSettings;
}

/** A private MySQL or MariaDB server whose process the test controls. Port and data stay the same across restarts. */
export class MysqlServer implements MysqlEndpoint, AsyncDisposable {
  readonly kind: MysqlKind;
  readonly version: number;
  readonly host = '127.0.0.1';
  readonly #parts: Parts;
  #port: number | undefined;
  #process: ChildProcess | undefined;

  constructor(parts: Parts) {
    this.kind = parts.binaries.kind;
    this.version = parts.binaries.version;
    this.#parts = parts;
  }

  get port(): number {
    if (this.#port === undefined) throw new Error('The server has not been started');
    return this.#port;
  }

  /** Process id of the server; throws when it is down. */
  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('The server is down');
    return pid;
  }

  /** Where its data and its binlog lie. */
  get dataDirectory(): string {
    return this.#parts.data;
  }

  /** Connection string of the superuser, for a database or for none. */
  url(database = ''): string {
    return `mysql://${mysqlSuperuser.name}:${mysqlSuperuser.password}@${this.host}:${this.port}/${database}`;
  }

  /** Everything the server has logged since it was made. */
  log(): Promise<string> {
    return readFile(join(this.#parts.directory, 'log'), 'utf8');
  }

  /**
   * Starts the server on its data and port; resolves when it accepts connections, after any recovery. The settings hold
   * for this start, over those it was made with.
   */
  async start(settings: MysqlSettings = {}): Promise<void> {
    if (this.#process !== undefined) throw new Error('The server is already running');
    if (this.#port !== undefined) return this.#launch(settings);
    for (let attempt = 0; ; attempt++) {
      const port = await freePort();
      this.#port = port;
      try {
        return await this.#launch(settings);
      } catch (error) {
        // Another server may have taken the port in between.
        if (attempt === 3 || (await isFree(port))) throw error;
      }
    }
  }

  /** Stops the server in order and keeps its data; `start` continues there. */
  async shutdown(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Stops and starts the server: the same port, the same data, every connection lost. */
  async restart(settings: MysqlSettings = {}): Promise<void> {
    await this.shutdown();
    await this.start(settings);
  }

  /** Ends the server at once, as a crash of it would: no connection is told anything. `start` recovers from its logs. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /**
   * Halts the server where it stands: its connections stay open, and nothing comes over them. Connections that are made
   * meanwhile wait. Resolves when it stands still.
   */
  async freeze(): Promise<void> {
    const { pid } = this;
    process.kill(pid, 'SIGSTOP');
    await until(() => isHalted(pid), { describe: 'a halted server' });
  }

  /** Ends `freeze`. Does nothing otherwise. */
  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Ends the server and deletes everything it has on disk. Further calls do nothing. */
  async stop(): Promise<void> {
    await this.kill();
    await this.#parts.watchdog.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    const { pid } = child;
    this.thaw();
    child.ref();
    child.kill(signal);
    const gone = () => this.#process === undefined && !isRunning(pid);
    await until(gone, { describe: `end of ${this.#parts.binaries.release}`, timeout: 30_000 });
  }

  async #launch(settings: MysqlSettings): Promise<void> {
    const { binaries, directory, data, account } = this.#parts;
    await using log = await open(join(directory, 'log'), 'a', 0o644);
    const { file, args } = binaries.program(mysqlServerProgram[this.kind]);
    const all = { ...this.#parts.settings, ...settings, port: String(this.port) };
    const child = spawn(file, [...args, ...mysqlPlaces(binaries, data), ...mysqlArguments(all)], {
      ...account,
      cwd: data,
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
    try {
      const describe = `${binaries.release} to accept connections`;
      await until(() => this.#accepts(child), { describe, timeout: 60_000 });
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  async #accepts(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${this.#parts.binaries.release} did not start:\n${await this.log()}`);
    }
    return withMysql(this.url(), () => Promise.resolve(true)).catch(isNotYet);
  }
}

/** False for what a server that is starting answers, or does not. */
function isNotYet(error: unknown): false {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'PROTOCOL_CONNECTION_LOST') return false;
  throw error;
}

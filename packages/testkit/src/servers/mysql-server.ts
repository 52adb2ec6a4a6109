import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MysqlBinaries, mysqlServerProgram } from './mysql-binaries.ts';
import { withMysql } from './mysql-client.ts';
import { createMysqlDataDirectory, mysqlPlaces } from './mysql-data-directory.ts';
import { type MysqlEndpoint, type MysqlKind, mysqlSuperuser } from './mysql-endpoint.ts';
import { defaultMysqlSettings, type MysqlSettings, mysqlArguments } from './mysql-settings.ts';
import { serverAccount } from './server-account.ts';
import { createServerDirectory } from './server-directory.ts';
import { ServerProcess, type ServerProcessOptions } from './server-process.ts';
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
    const server = new MysqlServer(binaries, all, { name: binaries.release, directory, data, account, watchdog });
    await server.start();
    return server;
  } catch (error) {
    await watchdog.end();
    throw error;
  }
}

/** A private MySQL or MariaDB server whose process the test controls. Port and data stay the same across restarts. */
export class MysqlServer extends ServerProcess implements MysqlEndpoint {
  readonly kind: MysqlKind;
  readonly version: number;
  protected readonly endsBy = 'SIGKILL';
  readonly #binaries: MysqlBinaries;
  readonly #settings: MysqlSettings;

  constructor(binaries: MysqlBinaries, settings: MysqlSettings, options: ServerProcessOptions) {
    super(options);
    this.kind = binaries.kind;
    this.version = binaries.version;
    this.#binaries = binaries;
    this.#settings = settings;
  }

  /** Connection string of the superuser, for a database or for none. */
  url(database = ''): string {
    return `mysql://${mysqlSuperuser.name}:${mysqlSuperuser.password}@${this.host}:${this.port}/${database}`;
  }

  /**
   * Starts the server on its data and port; resolves when it accepts connections, after any recovery. The settings hold
   * for this start, over those it was made with.
   */
  start(settings: MysqlSettings = {}): Promise<void> {
    const data = this.dataDirectory;
    const { file, args } = this.#binaries.program(mysqlServerProgram[this.kind]);
    return this.run((port) => {
      const all = mysqlArguments({ ...this.#settings, ...settings, port: String(port) });
      return { file, args: [...args, ...mysqlPlaces(this.#binaries, data), ...all], cwd: data };
    });
  }

  /** Stops the server in order and keeps its data; `start` continues there. */
  shutdown(): Promise<void> {
    return this.end('SIGTERM');
  }

  /** Stops and starts the server: the same port, the same data, every connection lost. */
  async restart(settings: MysqlSettings = {}): Promise<void> {
    await this.shutdown();
    await this.start(settings);
  }

  protected accepts(): Promise<boolean> {
    return withMysql(this.url(), () => Promise.resolve(true)).catch(isNotYet);
  }
}

/** False for what a server that is starting answers, or does not. */
function isNotYet(error: unknown): false {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'PROTOCOL_CONNECTION_LOST') return false;
  throw error;
}

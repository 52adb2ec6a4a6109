import {
  type MysqlKind,
  type MysqlName,
  type MysqlServer,
  type MysqlSettings,
  startMysql,
} from '@millrace/test/harness';
import { runOnMysql } from './with-mysql.ts';

/**
 * Durable, with a log of its own that also has what a replica applies. Memory and redo log hold all that a run writes, so
 * that nothing has to be flushed in one run and not in another.
 */
const settings = {
  innodb_flush_log_at_trx_commit: '1',
  innodb_doublewrite: 'ON',
  sync_binlog: '1',
  innodb_buffer_pool_size: '1G',
  max_binlog_size: '1G',
};

/** The settings of the servers, by kind. */
export const targetSettings: Readonly<Record<MysqlKind, MysqlSettings>> = {
  mysql: { ...settings, innodb_redo_log_capacity: '2G' },
  mariadb: { ...settings, innodb_log_file_size: '2G', log_slave_updates: 'ON', slave_parallel_threads: '0' },
};

const beginLog: Readonly<Record<MysqlKind, string>> = {
  mysql: 'RESET BINARY LOGS AND GTIDS',
  mariadb: 'RESET MASTER',
};

/** A private MySQL or MariaDB that is written to again and again. */
export class MysqlTarget implements AsyncDisposable {
  readonly #server: MysqlServer;

  private constructor(server: MysqlServer) {
    this.#server = server;
  }

  static async start(name: MysqlName): Promise<MysqlTarget> {
    return new MysqlTarget(
      await startMysql({ name, settings: targetSettings[name === 'mysql' ? 'mysql' : 'mariadb'] }),
    );
  }

  /** Not encrypted, as the servers of the other scenarios. */
  url(database = ''): string {
    return `${this.#server.url(database)}?ssl=false`;
  }

  get pid(): number {
    return this.#server.pid;
  }

  get kind(): MysqlKind {
    return this.#server.kind;
  }

  /** Makes a database in place of any of this name. */
  async make(database: string, statements: readonly string[]): Promise<void> {
    const create = `CREATE DATABASE ${database} CHARACTER SET utf8mb4`;
    await runOnMysql(this.url(), [`DROP DATABASE IF EXISTS ${database}`, create, `USE ${database}`, ...statements]);
  }

  /** Makes a database of the same tables with the same rows; those are on disk when this resolves. */
  async copy(from: string, to: string): Promise<void> {
    const query = `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${from}'`;
    const tables = (await runOnMysql(this.url(), [query])) as readonly { readonly name: string }[];
    const copies = tables.flatMap(({ name }) => [
      `CREATE TABLE ${name} LIKE ${from}.${name}`,
      `INSERT INTO ${name} SELECT * FROM ${from}.${name}`,
      `FLUSH TABLES ${name} FOR EXPORT`,
      'UNLOCK TABLES',
    ]);
    // MariaDB so fills an empty table by bulk.
    await this.make(to, ['SET unique_checks = 0, foreign_key_checks = 0', ...copies]);
  }

  /** Begins the server's own log anew: those of former runs would fill the disk. */
  async beginLog(): Promise<void> {
    await runOnMysql(this.url(), [beginLog[this.kind]]);
  }

  async drop(database: string): Promise<void> {
    await runOnMysql(this.url(), [`DROP DATABASE ${database}`]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.stop();
  }
}

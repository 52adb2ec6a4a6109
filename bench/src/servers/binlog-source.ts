import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStream, fileCheckpointStore, nullSink } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { type MysqlKind, type MysqlName, type MysqlServer, startMysql } from '@millrace/test/harness';
import { runOnMysql } from './with-mysql.ts';

/** Of the source. */
export const sourceDatabase = 'bench';

/** The stream whose checkpoint every run begins with. */
export const streamId = 'bench';

/** Nothing happens in one run and not in another; making the load needs no disk, and reading the log none. */
const settings = { innodb_buffer_pool_size: '512M', max_binlog_size: '1G', binlog_expire_logs_seconds: '0' };

export interface BinlogPlace {
  readonly file: string;
  readonly offset: number;
}

/** A private MySQL or MariaDB whose log is read again and again from one place. */
export class BinlogSource implements AsyncDisposable {
  readonly label: string;
  readonly url: string;
  readonly #server: MysqlServer;
  readonly #directory: string;
  #runs = 0;

  private constructor(label: string, server: MysqlServer, directory: string) {
    this.label = label;
    // Not encrypted, which is the default of zongji and what the PostgreSQL servers of the other scenarios offer.
    this.url = `${server.url(sourceDatabase)}?ssl=false`;
    this.#server = server;
    this.#directory = directory;
  }

  /** Makes the database with what `statements` say. */
  static async start(name: MysqlName, statements: readonly string[]): Promise<BinlogSource> {
    const server = await startMysql({ name, settings });
    const source = new BinlogSource(name, server, await mkdtemp(join(tmpdir(), 'millrace-bench-binlog-')));
    await source.run([`CREATE DATABASE ${sourceDatabase} CHARACTER SET utf8mb4`], server.url());
    await source.run(statements);
    return source;
  }

  /** Where the log ends now, with a checkpoint there that `checkpoints` gives copies of. */
  async mark(): Promise<BinlogPlace> {
    await using stream = createStream({
      id: streamId,
      source: mysqlSource({ connection: this.url }),
      sink: nullSink(),
      tables: ['items'],
      snapshot: 'never',
      checkpoints: fileCheckpointStore(join(this.#directory, 'first')),
    });
    await stream.start();
    await stream.stop();
    const status = this.#server.kind === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS';
    const rows = await this.run([status]);
    const [row] = Array.isArray(rows) ? (rows as { readonly File: string; readonly Position: number }[]) : [];
    if (row === undefined) throw new Error(`${this.label} says no place of its log`);
    return { file: row.File, offset: row.Position };
  }

  /** A directory of checkpoints with that of `mark`. */
  async checkpoints(): Promise<string> {
    const directory = join(this.#directory, `run-${++this.#runs}`);
    await cp(join(this.#directory, 'first'), directory, { recursive: true });
    return directory;
  }

  /** Makes changes that need not be durable one by one; the log is on disk when this resolves. */
  async load(statements: readonly string[]): Promise<void> {
    const durable = (value: number) => [
      `SET GLOBAL sync_binlog = ${value}`,
      `SET GLOBAL innodb_flush_log_at_trx_commit = ${value}`,
    ];
    await this.run([...durable(0), ...statements, ...durable(1), 'FLUSH BINARY LOGS']);
  }

  /** Gives what the last statement gives. */
  run(statements: readonly string[], url = this.url): Promise<unknown> {
    return runOnMysql(url, statements);
  }

  /** Of the server. */
  get pid(): number {
    return this.#server.pid;
  }

  get kind(): MysqlKind {
    return this.#server.kind;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    await rm(this.#directory, { recursive: true });
  }
}

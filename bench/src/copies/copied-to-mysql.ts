import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MysqlName, PostgresServer } from '@millrace/test/harness';
import { type Printed, printedAtMysql, printedAtPostgres, requireSame } from '../measure/printed-items.ts';
import { saveItems } from '../runs/psql-copy.ts';
import { MysqlTarget } from '../servers/mysql-target.ts';
import { SourceLog } from '../servers/source-log.ts';
import { copiedItemTable } from '../workloads/binlog-items.ts';
import { insertItems, itemTable } from '../workloads/item-table.ts';
import type { CopyPlace } from './copy-side.ts';
import type { CopiedDatabase } from './measure-copy.ts';

/** In the order of the key, with times as MySQL reads them. */
const ordered = `(SELECT id, quantity, price, note, changed_at AT TIME ZONE 'UTC', attributes FROM items ORDER BY id)`;

interface Parts {
  readonly server: PostgresServer;
  readonly source: SourceLog;
  readonly target: MysqlTarget;
  readonly directory: string;
  readonly printed: Printed;
}

/** The items at a PostgreSQL and in a file, to be copied again and again into empty tables of a MySQL or MariaDB. */
export class CopiedToMysql implements CopiedDatabase, AsyncDisposable {
  readonly #parts: Parts;
  #places = 0;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async make(server: PostgresServer, name: MysqlName, rows: number): Promise<CopiedToMysql> {
    const source = await SourceLog.make(server, [itemTable], [insertItems('1', String(rows))]);
    const printed = await printedAtPostgres(source.url);
    const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-rows-'));
    try {
      await saveItems(source.url, join(directory, 'items'), ordered);
      return new CopiedToMysql({ server, source, target: await MysqlTarget.start(name), directory, printed });
    } catch (error) {
      await rm(directory, { recursive: true });
      throw error;
    }
  }

  /** Of the rows, in the text format that LOAD DATA reads. */
  get file(): string {
    return join(this.#parts.directory, 'items');
  }

  async newPlace(): Promise<CopyPlace & AsyncDisposable> {
    const { server, source, target } = this.#parts;
    const name = `copy_${++this.#places}`;
    await target.make(name, [copiedItemTable(target.kind)]);
    await target.beginLog();
    return {
      name,
      sourceUrl: source.url,
      targetUrl: target.url(name),
      tables: [itemTable],
      servers: { source: server.pid, target: target.pid },
      [Symbol.asyncDispose]: () => target.drop(name),
    };
  }

  /** Rejects when what the target prints of the rows is not what PostgreSQL prints. */
  readonly compare = async ({ targetUrl }: CopyPlace): Promise<void> =>
    requireSame(this.#parts.printed, await printedAtMysql(targetUrl));

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.target[Symbol.asyncDispose]();
    await rm(this.#parts.directory, { recursive: true });
  }
}

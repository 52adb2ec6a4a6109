import type { MysqlName, PostgresServer } from '@millrace/test/harness';
import { type Printed, printedAtMysql, printedAtPostgres, requireSame } from '../measure/printed-items.ts';
import { BinlogSource } from '../servers/binlog-source.ts';
import { TargetTemplate } from '../servers/target-template.ts';
import { binlogItemTable, insertBinlogItems } from '../workloads/binlog-items.ts';
import { itemTable } from '../workloads/item-table.ts';
import type { CopyPlace } from './copy-side.ts';
import type { CopiedDatabase } from './measure-copy.ts';

/** The items at a MySQL or MariaDB, to be copied again and again into empty databases of a PostgreSQL. */
export class FilledMysql implements CopiedDatabase, AsyncDisposable {
  readonly #source: BinlogSource;
  readonly #server: PostgresServer;
  readonly #target: TargetTemplate;
  readonly #printed: Printed;
  #places = 0;

  private constructor(source: BinlogSource, server: PostgresServer, target: TargetTemplate, printed: Printed) {
    this.#source = source;
    this.#server = server;
    this.#target = target;
    this.#printed = printed;
  }

  static async make(name: MysqlName, server: PostgresServer, rows: number): Promise<FilledMysql> {
    const source = await BinlogSource.start(name, [binlogItemTable]);
    try {
      await source.load(insertBinlogItems(source.kind, rows));
      const printed = await printedAtMysql(source.url);
      const target = await TargetTemplate.make(server, [], []);
      return new FilledMysql(source, server, target, printed);
    } catch (error) {
      await source[Symbol.asyncDispose]();
      throw error;
    }
  }

  async newPlace(): Promise<CopyPlace & AsyncDisposable> {
    const name = `copy_${++this.#places}`;
    await this.#target.copy(name);
    return {
      name,
      sourceUrl: this.#source.url,
      targetUrl: this.#target.url(name),
      tables: [itemTable],
      servers: { source: this.#source.pid, target: this.#server.pid },
      [Symbol.asyncDispose]: () => this.#target.drop(name),
    };
  }

  /** Rejects when what PostgreSQL prints of the rows is not what the source prints. */
  readonly compare = async ({ targetUrl }: CopyPlace): Promise<void> =>
    requireSame(this.#printed, await printedAtPostgres(targetUrl));

  [Symbol.asyncDispose](): Promise<void> {
    return this.#source[Symbol.asyncDispose]();
  }
}

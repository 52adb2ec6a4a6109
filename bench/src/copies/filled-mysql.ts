import type { MysqlName, PostgresServer } from '@millrace/test/harness';
import { BinlogSource } from '../servers/binlog-source.ts';
import { TargetTemplate } from '../servers/target-template.ts';
import { withClient } from '../servers/with-client.ts';
import { binlogItemTable, insertBinlogItems, printedItems } from '../workloads/binlog-items.ts';
import { itemTable } from '../workloads/item-table.ts';
import type { CopyPlace } from './copy-side.ts';
import type { CopiedDatabase } from './measure-copy.ts';

/** How many items there are, and the sum of a hash of each as it is printed. */
type Printed = Readonly<Record<'items' | 'sum', string>>;

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
      const printed = await source.run([`SELECT ${printedItems.mysql} FROM items`]);
      const target = await TargetTemplate.make(server, [], []);
      return new FilledMysql(source, server, target, (printed as Printed[])[0] ?? { items: '', sum: '' });
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
  readonly compare = async ({ targetUrl }: CopyPlace): Promise<void> => {
    const query = `SELECT ${printedItems.postgres} FROM items`;
    const { rows } = await withClient(targetUrl, (client) => client.query<Printed>(query));
    const [expected, found] = [this.#printed, rows[0]].map((one) => `${one?.items} rows with the sum ${one?.sum}`);
    if (found !== expected) throw new Error(`The rows differ: ${expected} expected, ${found} found`);
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.#source[Symbol.asyncDispose]();
  }
}

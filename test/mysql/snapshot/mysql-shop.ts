import { type Connection, createConnection } from 'mysql2/promise';
import {
  createDatabase,
  createMysqlDatabase,
  differences,
  type MysqlEndpoint,
  type MysqlTestDatabase,
  sharedPostgres,
  type TestDatabase,
  until,
} from '../../harness/index.ts';
import { type Load, startTransactions } from '../../snapshot/load.ts';
import type { ShopStreamOptions } from '../../snapshot/shop-stream.ts';

/** The last one has no key. */
export const mysqlShopTables = ['items', 'orders', 'words', 'events', 'remarks'] as const;

/** Rows of each of the large tables before the stream. */
const shopRows = 5_000;

const numbers = (count: number): string =>
  `(SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + 1 AS g FROM ${['a', 'b', 'c', 'd']
    .map(
      (name) => `(SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6
      UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) ${name}`,
    )
    .join(', ')} HAVING g <= ${count}) numbers`;

/** Items have a label that is unique and a text that updates do not say; words are in an order of their own. */
const createShop = async (database: MysqlTestDatabase): Promise<void> => {
  await database.query(`
    CREATE TABLE items (id int PRIMARY KEY, label varchar(40) UNIQUE, n int NOT NULL, filler text, big longtext);
    CREATE TABLE orders (id bigint PRIMARY KEY, item int, total decimal(12, 2), at datetime DEFAULT current_timestamp);
    CREATE TABLE words (word varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci, lang char(2), n int,
      PRIMARY KEY (lang, word));
    CREATE TABLE events (id int PRIMARY KEY, what varchar(20));
    CREATE TABLE remarks (item int, text varchar(20));
    INSERT INTO items SELECT g, concat('label ', g), 0, repeat('f', 600), IF(g % 4 = 0, repeat(sha2(g, 256), 40), NULL)
      FROM ${numbers(shopRows)};
    INSERT INTO orders (id, item, total) SELECT g, g, g * 1.01 FROM ${numbers(shopRows)};
    INSERT INTO words SELECT concat(char(65 + g % 26), IF(g % 2 = 0, 'ä', 'B'), g), IF(g % 3 = 0, 'de', 'EN'), g
      FROM ${numbers(1_000)};
    INSERT INTO events SELECT g, concat('event ', g) FROM ${numbers(200)};
    INSERT INTO remarks SELECT g % 50, 'twice' FROM ${numbers(300)};
    ANALYZE TABLE items, orders`);
};

export interface MysqlShopWorld extends AsyncDisposable {
  readonly source: MysqlTestDatabase;
  readonly target: TestDatabase;
  readonly stream: ShopStreamOptions;
  /** How many rows of its copy are durable at the target. */
  copied(): Promise<number>;
  /** Waits until every table is live and the target has what the source has. The load must have ended. */
  settle(tables?: readonly string[]): Promise<readonly string[]>;
}

/** A shop that is full before any stream knows of it, and an empty target. */
export const mysqlShopWorld = async (server: MysqlEndpoint): Promise<MysqlShopWorld> => {
  const source = await createMysqlDatabase(server);
  const target = await createDatabase(sharedPostgres());
  await createShop(source);
  const first = async (sql: string): Promise<unknown> =>
    (await target.query<{ value: unknown }>(sql).catch(() => []))[0]?.value;
  return {
    source,
    target,
    stream: { source: source.url, target: target.url, slot: '' },
    copied: async () => Number((await first('SELECT sum(rows) AS value FROM millrace.copy_range')) ?? 0),
    async settle(tables = mysqlShopTables) {
      const marker = -Math.floor(Math.random() * 1e9);
      await source.query(`INSERT INTO events VALUES (${marker}, 'the last')`);
      const isThere = `SELECT NOT EXISTS (SELECT FROM millrace.checkpoint, jsonb_each(tables) t
        WHERE t.value ->> 'state' <> 'live') AND EXISTS (SELECT FROM events WHERE id = ${marker}) AS value`;
      await until(async () => (await first(isThere)) === true, { describe: 'every table to be live', timeout: 60_000 });
      // What was rewritten meanwhile is copied anew beside the stream.
      let found: readonly string[] = [];
      const areEqual = async () => {
        found = await differences(source, target, tables).catch((error) => [String(error)]);
        return found.length === 0;
      };
      await until(areEqual, { describe: 'equal tables', timeout: 20_000 }).catch(() => {});
      return found;
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

const upTo = (count: number): number => 1 + Math.floor(Math.random() * count);

/** What the application may do in one transaction; some of it fails now and then, as in life. */
const statements: readonly (() => string)[] = [
  () => `UPDATE items SET n = n + 1 WHERE id BETWEEN ${upTo(shopRows)} AND ${upTo(shopRows)} AND rand() < 0.02`,
  () => `UPDATE items SET n = n + 1 WHERE id = ${upTo(shopRows)}`,
  () => `UPDATE items SET n = n + 1, big = repeat(sha2(rand(), 256), 45) WHERE id = ${upTo(shopRows)}`,
  // To a key that is free, and back: from a range that is read into one that is not, and the other way round.
  () => `UPDATE items SET id = ${-upTo(shopRows)} WHERE id = ${upTo(shopRows)}`,
  () => `UPDATE items SET id = -id WHERE id BETWEEN ${-upTo(shopRows)} AND -1 AND rand() < 0.2`,
  () => {
    const [one, other] = [upTo(shopRows), upTo(shopRows)];
    return `SET @label = (SELECT label FROM items WHERE id = ${one}); UPDATE items SET label = NULL WHERE id = ${one};
      UPDATE items SET label = @label WHERE id = ${other}`;
  },
  () => `DELETE FROM items WHERE id = ${upTo(shopRows)}`,
  () =>
    `INSERT INTO items VALUES (${upTo(shopRows)}, 'label ${upTo(shopRows)}', 1, NULL, repeat(sha2(rand(), 256), 42))`,
  () => {
    const id = upTo(shopRows);
    return `DELETE FROM items WHERE id = ${id}; INSERT INTO items VALUES (${id}, NULL, 2, NULL, repeat('x', 3000))`;
  },
  () =>
    `INSERT INTO orders (id, item, total) VALUES (${shopRows + upTo(1e6)}, ${upTo(shopRows)}, 1);
     UPDATE orders SET total = total + 1 WHERE id = ${upTo(shopRows)}`,
  () => `DELETE FROM orders WHERE id BETWEEN ${upTo(shopRows)} AND ${upTo(shopRows)} AND rand() < 0.01`,
  () => `UPDATE words SET word = upper(word) WHERE n = ${upTo(1_000)}`,
  () => `UPDATE words SET lang = IF(lang = 'de', 'en', 'DE'), word = concat('ö', word) WHERE n = ${upTo(1_000)}`,
  () => `INSERT INTO events VALUES (${upTo(1e6)}, 'new')`,
  () =>
    `INSERT INTO remarks VALUES (${upTo(50)}, 'new'); UPDATE remarks SET text = 'other' WHERE item = ${upTo(50)} LIMIT 1`,
  () => (Math.random() < 0.05 ? 'TRUNCATE events' : 'SELECT 1'),
];

/** The application at work. `image`: how much updates say. */
export const startMysqlLoad = (url: string, image: 'FULL' | 'MINIMAL' = 'FULL', connections = 3): Load =>
  startTransactions({
    connections,
    connect: () => connectWriter(url, image),
    next: () => statements[upTo(statements.length) - 1]?.() ?? '',
  });

/** A connection whose updates say so much. */
const connectWriter = async (url: string, image: 'FULL' | 'MINIMAL'): Promise<Connection> => {
  const connection = await createConnection({ uri: url, multipleStatements: true });
  connection.on('error', () => {});
  await connection.query(`SET SESSION binlog_row_image = '${image}'`);
  return connection;
};

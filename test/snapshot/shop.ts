import pg from 'pg';
import type { TestDatabase } from '../harness/index.ts';
import { type Load, startTransactions } from './load.ts';

export const shopTables = ['items', 'orders', 'events'] as const;

/** Rows of each table before the stream; in so many blocks that a table is more than one range. */
const rows = 5_000;

/**
 * Items have a label that is unique and a text that lies out of line. Half of every block is free, so that new versions
 * of rows go to blocks before and behind their own.
 */
export const createShop = async (database: TestDatabase): Promise<void> => {
  await database.query(`
    CREATE TABLE items (id int PRIMARY KEY, label text UNIQUE, n int NOT NULL, filler text, big text) WITH (fillfactor = 20);
    ALTER TABLE items ALTER COLUMN big SET STORAGE EXTERNAL, ALTER COLUMN filler SET STORAGE PLAIN;
    CREATE TABLE orders (id bigint PRIMARY KEY, item int, total numeric(12, 2), at timestamptz DEFAULT clock_timestamp());
    CREATE TABLE events (id int PRIMARY KEY, what text);
    INSERT INTO items SELECT g, 'label ' || g, 0, repeat('f', 600),
      CASE WHEN g % 4 = 0 THEN repeat(md5(g::text), 80) END FROM generate_series(1, ${rows}) g;
    INSERT INTO orders SELECT g, g, g * 1.01 FROM generate_series(1, ${rows}) g;
    INSERT INTO events SELECT g, 'event ' || g FROM generate_series(1, 200) g;`);
  await database.query('VACUUM ANALYZE');
};

const upTo = (count: number): number => 1 + Math.floor(Math.random() * count);

/** What the application may do in one transaction; some of it fails now and then, as in life. */
const statements: readonly (() => string)[] = [
  () => `UPDATE items SET n = n + 1 WHERE id BETWEEN ${upTo(rows)} AND ${upTo(rows)} AND random() < 0.02`,
  () => `UPDATE items SET n = n + 1 WHERE id = ${upTo(rows)}`,
  () => `UPDATE items SET n = n + 1, big = repeat(md5(random()::text), 90) WHERE id = ${upTo(rows)}`,
  // To a key that is free, and back; the text is not said.
  () => `UPDATE items SET id = ${-upTo(rows)} WHERE id = ${upTo(rows)}`,
  () => `UPDATE items SET id = -id WHERE id BETWEEN ${-upTo(rows)} AND -1 AND random() < 0.2`,
  () => {
    const [one, other] = [upTo(rows), upTo(rows)];
    return `CREATE TEMP TABLE l ON COMMIT DROP AS SELECT label FROM items WHERE id = ${one};
      UPDATE items SET label = NULL WHERE id = ${one};
      UPDATE items SET label = (SELECT label FROM l) WHERE id = ${other}`;
  },
  () => `DELETE FROM items WHERE id = ${upTo(rows)}`,
  () => `INSERT INTO items VALUES (${upTo(rows)}, 'label ' || ${upTo(rows)}, 1, NULL, repeat(md5(random()::text), 85))`,
  () => `INSERT INTO items VALUES (${rows + upTo(rows)}, NULL, 1, repeat('g', 600), repeat(md5(random()::text), 85))`,
  () => {
    const id = upTo(rows);
    return `DELETE FROM items WHERE id = ${id}; INSERT INTO items VALUES (${id}, NULL, 2, NULL, repeat('x', 3000))`;
  },
  () =>
    `INSERT INTO orders VALUES (${rows + upTo(1e6)}, ${upTo(rows)}, 1); UPDATE orders SET total = total + 1 WHERE id = ${upTo(rows)}`,
  () => `DELETE FROM orders WHERE id BETWEEN ${upTo(rows)} AND ${upTo(rows)} AND random() < 0.01`,
  () => `INSERT INTO events VALUES (${upTo(1e6)}, 'new')`,
  () => (Math.random() < 0.05 ? 'TRUNCATE events' : 'SELECT 1'),
];

/** The application at work, on `connections` connections, with a VACUUM now and then that makes room in front. */
export const startLoad = (url: string, connections = 3): Load =>
  startTransactions({
    connections,
    async connect() {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    next: () => statements[upTo(statements.length) - 1]?.() ?? '',
    prepare: async (client, worker, count) =>
      worker === 0 && count % 50 === 49 ? client.query('VACUUM items') : undefined,
  });

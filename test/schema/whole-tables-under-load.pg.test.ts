import { expect, test } from 'vitest';
import { startProgram, type TestDatabase, until } from '../harness/index.ts';
import { startLoad } from '../snapshot/shop.ts';
import type { ShopStreamOptions } from '../snapshot/shop-stream.ts';
import { shopWorld } from '../snapshot/shop-world.ts';
import { namedDifferences } from './named-differences.ts';
import { startChanges } from './shop-changes.ts';

/** A few here; as many as wanted with the variable. */
const rounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 3);
const program = new URL('../snapshot/copy.program.ts', import.meta.url);

const events = 'CREATE TABLE events (id int PRIMARY KEY, what text, at timestamptz DEFAULT now())';
const statements: readonly string[] = [
  'ALTER TABLE items RENAME TO goods',
  'ALTER TABLE goods RENAME TO items',
  'ALTER TABLE orders RENAME TO sales',
  'ALTER TABLE sales RENAME TO orders',
  `BEGIN; ALTER TABLE items RENAME TO goods; UPDATE goods SET n = n + 1 WHERE id % 50 = 1; ALTER TABLE goods ADD extra text;
    UPDATE goods SET extra = id WHERE id % 50 = 2; ALTER TABLE goods RENAME TO items; ALTER TABLE items DROP extra; COMMIT`,
  `BEGIN; ALTER TABLE items RENAME TO swapped; ALTER TABLE orders RENAME TO items; ALTER TABLE items RENAME TO orders;
    ALTER TABLE swapped RENAME TO items; COMMIT`,
  `BEGIN; INSERT INTO events SELECT -g, 'gone' FROM generate_series(1, 50) g ON CONFLICT DO NOTHING; DROP TABLE events;
    ${events}; INSERT INTO events SELECT -g, 'new' FROM generate_series(1, 100) g; COMMIT`,
  'DROP TABLE events',
  `BEGIN; ${events}; INSERT INTO events SELECT -g, 'again' FROM generate_series(1, 20) g; COMMIT`,
  'TRUNCATE events',
];

const tablesOf = async (database: TestDatabase): Promise<readonly string[]> => {
  const sql =
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1";
  return (await database.query<{ name: string }>(sql)).map(({ name }) => name);
};

test(`killed ${rounds} times while tables are renamed, dropped and made, under load`, {
  timeout: 120_000 + rounds * 30_000,
}, async () => {
  await using world = await shopWorld();
  const { source, target, slot } = world;
  await source.query('CREATE PUBLICATION shop FOR ALL TABLES');
  const options: ShopStreamOptions = {
    source: source.url,
    target: target.url,
    slot,
    schemaChanges: 'evolve',
    ddl: 'event-trigger',
  };
  await using load = startLoad(source.url);
  const start = () => startProgram(program, { args: [JSON.stringify(options)] });
  // A table that has another name when the stream gets its position has left an empty one at the target.
  const first = await start();
  await first.message('running');
  await using changes = startChanges(source.url, 700, statements);
  for (let round = 0; round < rounds; round++) {
    const killed = round === 0 ? first : await start();
    if (round > 0) await killed.message('running');
    const before = changes.done;
    await until(() => changes.done > before + 2, { describe: 'changes', timeout: 30_000 });
    killed.kill('SIGKILL');
    await killed.exited;
  }
  await using last = await start();
  await last.message('running');
  const before = changes.done;
  await until(() => changes.done > before + 4, { describe: 'changes', timeout: 30_000 });
  await changes.stop();
  await load.stop();
  // The log tells of a table with its next row.
  const tables = await tablesOf(source);
  if (tables.includes('events')) await source.query("INSERT INTO events VALUES (0, 'last') ON CONFLICT DO NOTHING");
  let found: readonly string[] = [];
  const areEqual = async () => {
    found = [];
    for (const table of tables)
      found = [...found, ...(await namedDifferences(source, target, table).catch((error) => [String(error)]))];
    return found.length === 0;
  };
  await until(areEqual, { describe: 'equal rows', timeout: 60_000 }).catch(() => {});
  expect(found).toEqual([]);
});

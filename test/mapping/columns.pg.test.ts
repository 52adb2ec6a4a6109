import { createHmac } from 'node:crypto';
import { type Chunk, createStream, memoryCheckpointStore, type Sink, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { startLoad } from '../snapshot/shop.ts';
import { live, shopWorld } from '../snapshot/shop-world.ts';

const salt = 'pepper-and-salt';
const hashed = (value: unknown): string => createHmac('sha256', salt).update(String(value)).digest('hex');

/** The sink, and the chunks that it is given. */
const observed = (sink: Sink, chunks: Chunk[]): Sink =>
  new Proxy(sink, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (name === 'writeChunk') chunks.push(given[0] as Chunk);
        return Reflect.apply(value, target, given);
      };
    },
  });

interface Ends {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly slot: string;
}

const streamOf = ({ source, target, slot }: Ends, tables: readonly object[], options: object = {}): Stream =>
  createStream({
    id: 'columns',
    source: postgresSource({ connection: source.url, slot, publication: 'columns' }),
    sink: postgresSink({ connection: target.url, missingRow: 'skip' }),
    tables: tables as never,
    copy: { concurrency: 3, maxBytes: 64 * 1024 },
    ...options,
  });

const world = async (schema: string, targetSchema = 'SELECT') => {
  const source = await createDatabase(sharedPostgres());
  const target = await createDatabase(sharedPostgres());
  await source.query(schema);
  await target.query(targetSchema);
  return {
    source,
    target,
    slot: uniqueName('slot'),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

const rowsOf = async (database: TestDatabase, sql: string) =>
  (await database.query<Record<string, unknown>>(sql)).map((row) => JSON.stringify(row)).sort();

/** What is delivered of the shop. */
const shopColumns = [
  { name: 'public.items', exclude: ['filler'], mask: { id: { hash: 'sha256', salt }, big: { truncate: 5 } } },
  { name: 'public.orders', columns: ['total', 'id'] },
  { name: 'public.events', mask: { what: 'redact' } },
];

const expectShop = async ({ source, target }: Ends) => {
  const items = (await source.query<{ id: number; big: string | null }>('SELECT id, label, n, big FROM items')).map(
    (row) => JSON.stringify({ ...row, id: hashed(row.id), big: row.big === null ? null : row.big.slice(0, 5) }),
  );
  expect(await rowsOf(target, 'SELECT * FROM items')).toEqual(items.sort());
  expect(await rowsOf(target, 'SELECT * FROM orders')).toEqual(await rowsOf(source, 'SELECT id, total FROM orders'));
  const events = `SELECT id, CASE WHEN what IS NOT NULL THEN '***' END AS what FROM events`;
  expect(await rowsOf(target, 'SELECT * FROM events')).toEqual(await rowsOf(source, events));
};

test.each(postgresVersions())(
  'what is left out and masked is so in copies and changes, under load (PostgreSQL %i)',
  {
    timeout: 120_000,
  },
  async (version) => {
    const server = sharedPostgres(version);
    await using shop = await shopWorld({ source: server, target: server });
    const chunks: Chunk[] = [];
    const options = { sink: observed(postgresSink({ connection: shop.target.url, missingRow: 'skip' }), chunks) };
    const first = streamOf(shop, shopColumns, options);
    await using load = startLoad(shop.source.url);
    await first.start();
    await live(first);
    await first.pause();
    await first.resume();
    await first.stop();
    await using stream = streamOf(shop, shopColumns);
    await stream.start();
    await load.stop();
    await shop.settle(60_000, []);
    await expectShop(shop);
    // Rows of which columns are only left out go as the source wrote them.
    const ofOrders = chunks.filter(({ relation, length }) => relation.table === 'orders' && length > 0);
    expect(ofOrders.length).toBeGreaterThan(0);
    expect(ofOrders.every(({ encoded }) => encoded?.format === 'postgres-binary')).toBe(true);
    await shop.source.query('DELETE FROM items WHERE id % 2 = 0; UPDATE items SET id = id + 100000; TRUNCATE orders');
    await shop.settle(60_000, []);
    await expectShop(shop);
    expect([...first.errors, ...stream.errors]).toEqual([]);
  },
);

test('columns that are masked are copied anew; a table with a masked key cannot be, and keeps its rows', {
  timeout: 120_000,
}, async () => {
  await using shop = await shopWorld();
  await using stream = streamOf(shop, shopColumns);
  await stream.start();
  await live(stream);
  await shop.target.query(`UPDATE events SET what = 'damaged'; INSERT INTO events VALUES (-1, 'phantom')`);
  const ended = (table: string) =>
    until(
      () =>
        stream.backfills.some((each) => each.table === table && each.state !== 'pending' && each.state !== 'active'),
      { describe: 'the backfill to end', timeout: 30_000 },
    );
  await stream.backfill('public.events');
  await ended('public.events');
  await stream.backfill('public.items');
  await ended('public.items');
  await live(stream);
  await expectShop(shop);
  expect(stream.backfills.find(({ table }) => table === 'public.items')).toMatchObject({
    state: 'failed',
    error: { code: 'BACKFILL_NOT_POSSIBLE', message: expect.stringContaining('their key is masked') },
  });
  await shop.source.query('UPDATE items SET n = n + 1 WHERE id < 100');
  await shop.settle(60_000, []);
  await expectShop(shop);
});

test('old rows are masked like new ones, where whole rows identify', { timeout: 60_000 }, async () => {
  await using ends = await world(
    `CREATE TABLE lines (who text, secret text, n int); ALTER TABLE lines REPLICA IDENTITY FULL;
     INSERT INTO lines VALUES ('ann', 'x', 1), ('ann', 'y', 1), ('bob', NULL, NULL), (NULL, 'z', 3)`,
  );
  const { source, target } = ends;
  await using stream = streamOf(ends, [
    { name: 'public.lines', exclude: ['secret'], mask: { who: { hash: 'sha256', salt } } },
  ]);
  await stream.start();
  await live(stream);
  await source.query(`UPDATE lines SET n = 7 WHERE who = 'bob'; DELETE FROM lines WHERE secret = 'x';
    UPDATE lines SET secret = 'changed' WHERE secret = 'y'; UPDATE lines SET who = 'eve' WHERE who IS NULL`);
  const expected = [
    { who: hashed('ann'), n: 1 },
    { who: hashed('bob'), n: 7 },
    { who: hashed('eve'), n: 3 },
  ].map((row) => JSON.stringify(row));
  const isThere = async () => (await rowsOf(target, 'SELECT * FROM lines')).join() === expected.sort().join();
  await until(isThere, { describe: 'the lines' });
  expect(await target.query('SELECT who, n FROM lines WHERE who IS NULL')).toEqual([]);
});

interface People {
  'public.people': { id: number; email: string | null; secret: string; name: string };
}

test('functions and transform see neither what is left out nor what is masked', { timeout: 60_000 }, async () => {
  await using ends = await world(
    `CREATE TABLE people (secret text, id int PRIMARY KEY, email text, name text);
     ALTER TABLE people REPLICA IDENTITY FULL; INSERT INTO people VALUES ('hidden', 1, 'ann@x', 'Ann')`,
  );
  const { source, target } = ends;
  const seen: unknown[] = [];
  const from = () =>
    postgresSource<People>({ connection: source.url, slot: uniqueName('slot'), publication: uniqueName('p') });
  await using handled = createStream({
    id: 'handled',
    source: from(),
    checkpoints: memoryCheckpointStore(),
    tables: [{ name: 'public.people', exclude: ['secret'], mask: { email: { truncate: 3 } } }],
    on: {
      'public.people'(changes) {
        for (const { op, before, after } of changes) seen.push([op, before, after]);
      },
    },
  });
  await handled.start();
  await live(handled);
  await using transformed = createStream({
    id: 'transformed',
    source: from(),
    sink: postgresSink({ connection: target.url, tables: { 'public.people': { columns: { email: 'mail' } } } }),
    tables: [{ name: 'public.people', exclude: ['secret'], mask: { email: { hash: 'sha256', salt } } }],
    columns: { 'public.people': { keys: 'text' } },
    transform(change) {
      if (change.op === 'delete' || change.op === 'truncate') return change;
      return change.with({ after: { name: 'changed', keys: Object.keys(change.after).join() } });
    },
  });
  await transformed.start();
  await live(transformed);
  await source.query(`UPDATE people SET email = 'eve@x', secret = 'other'; INSERT INTO people VALUES ('s', 2, NULL, 'Bob');
    DELETE FROM people WHERE id = 1`);
  await until(() => seen.length === 4, { describe: 'four changes' });
  const ann = { id: 1, email: 'ann', name: 'Ann' };
  const eve = { ...ann, email: 'eve' };
  expect(seen).toEqual([
    ['read', null, ann],
    ['update', ann, eve],
    ['insert', null, { id: 2, email: null, name: 'Bob' }],
    ['delete', eve, null],
  ]);
  const arrived = async () => (await target.query('SELECT * FROM people WHERE id = 2')).length === 1;
  await until(arrived, { describe: 'the row' });
  await until(async () => (await target.query('SELECT * FROM people')).length === 1, { describe: 'the delete' });
  expect(await target.query('SELECT * FROM people')).toEqual([
    { id: 2, mail: null, name: 'changed', keys: 'id,email,name' },
  ]);
});

test('what cannot be left out or masked ends the start, with no salt in the message', { timeout: 60_000 }, async () => {
  await using ends = await world(
    'CREATE TABLE people (id int PRIMARY KEY, email varchar(20), n int)',
    'CREATE TABLE people (id int PRIMARY KEY, email varchar(20), n int)',
  );
  const refused = (entry: object) =>
    streamOf(ends, [{ name: 'public.people', ...entry }])
      .start()
      .then(
        () => 'started',
        (error: Error) => error.message,
      );
  const mask = { hash: 'sha256', salt };
  expect(await refused({ exclude: ['id'] })).toContain('Column "id" of public.people is part of the key');
  expect(await refused({ columns: ['n'] })).toContain('Column "id" of public.people is part of the key');
  expect(await refused({ mask: { id: 'redact' } })).toContain('it can only be hashed');
  expect(await refused({ mask: { n: { truncate: 1 } } })).toContain('only text can be truncated');
  expect(await refused({ exclude: ['mail'] })).toContain('public.people has no column "mail"');
  const tooShort = await refused({ mask: { email: mask } });
  expect(tooShort).toContain('"email" of target table public.people is character varying(20): its masked values');
  expect(tooShort).toContain('ALTER TABLE "public"."people" ALTER COLUMN "email" TYPE text;');
  expect(tooShort).not.toContain(salt);
  expect(() => streamOf(ends, [{ name: 'public.people', mask: { email: { hash: 'md5', salt } } }])).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.not.stringContaining(salt) }),
  );
  expect(() => streamOf(ends, [{ name: 'public.people', columns: ['id'], exclude: ['n'] }])).toThrow(
    'tables.0.exclude: excludes columns',
  );
});

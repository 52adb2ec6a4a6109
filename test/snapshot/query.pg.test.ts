import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  differences,
  postgresVersions,
  sharedPostgres,
  startProgram,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from './shop-world.ts';

const schema = `
  CREATE TYPE mood AS ENUM ('calm', 'wild');
  CREATE DOMAIN price AS numeric(12, 3);
  CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, feels mood, tags text[]);
  CREATE TABLE orders (id int PRIMARY KEY, user_id int, at timestamptz, total price, note text);
  INSERT INTO users SELECT g, 'user ' || g, CASE WHEN g % 3 = 0 THEN 'wild'::mood END, ARRAY['a', NULL, E'\\t' || g] FROM generate_series(1, 300) g;
  INSERT INTO orders SELECT g, g % 200, '2026-01-01'::timestamptz + g * interval '1 hour', g / 7.0, CASE WHEN g % 2 = 0 THEN repeat('n', g % 500) || E'\\\\ \\n' END
  FROM generate_series(1, 5000) g`;

/** By the name of the table that each makes. */
const queries = {
  'public.per_user': {
    key: ['user_id'],
    query: `SELECT u.id AS user_id, u.name, u.feels, u.tags, count(o.id) AS orders, sum(o.total) AS total, max(o.at) AS latest
      FROM public.users u LEFT JOIN public.orders o ON o.user_id = u.id GROUP BY u.id -- one for each`,
  },
  'public.per_day': {
    key: ['day', 'user_id'],
    query: `SELECT o.at::date AS day, o.user_id, round(sum(o.total), 2)::numeric(10,2) AS total, min(o.note)::varchar(20) AS note,
      json_build_object('n', count(*)) AS facts FROM public.orders o GROUP BY 1, 2`,
  },
  'public.loose': { query: 'SELECT o.note, o.total * 2 AS "Double", NULL::int AS nothing FROM public.orders o' },
  'reports.none': { key: ['id'], query: 'SELECT id, name FROM public.users WHERE false' },
};
const asked = Object.entries(queries).map(([name, query]) => ({ name, ...query }));

const rowsOf = async (database: TestDatabase, from: string): Promise<readonly string[]> => {
  const rows = await database.query<{ row: string }>(
    `SELECT q::text AS row FROM ${from} q ORDER BY q::text COLLATE "C"`,
  );
  return rows.map(({ row }) => row);
};

/** What each query has at the source now, and its table at the target. */
const both = async (source: TestDatabase, target: TestDatabase, name: keyof typeof queries) => [
  await rowsOf(target, name),
  await rowsOf(source, `(${queries[name].query}\n)`),
];

const worldOf = async (version = postgresVersions().at(-1)) => {
  const server = sharedPostgres(version);
  const source = await createDatabase(server);
  const target = await createDatabase(server);
  await source.query(schema);
  await target.query("CREATE TYPE mood AS ENUM ('calm', 'wild')");
  const slot = uniqueName('slot');
  return {
    source,
    target,
    slot,
    stream: (options: object = {}): Stream =>
      createStream({
        id: 'query',
        source: postgresSource({ connection: source.url, slot, publication: 'query' }),
        sink: postgresSink({ connection: target.url }),
        tables: ['public.users', 'public.orders', ...asked],
        copy: { maxBytes: 16 * 1024 },
        ...options,
      } as never),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

test.each(postgresVersions())(
  'rows of queries are copied once, beside tables that are followed (PostgreSQL %i)',
  { timeout: 90_000 },
  async (version) => {
    await using world = await worldOf(version);
    const { source, target } = world;
    await using stream = world.stream();
    const told: unknown[] = [];
    stream.on('schema', (event) => told.push(event));
    const { statements } = await stream.planSchema();
    expect(statements.map(({ sql }) => sql)).toContainEqual(
      expect.stringMatching(
        /CREATE TABLE "public"."per_day" .*"total" numeric\(10,2\).*"note" character varying\(20\).*PRIMARY KEY \("day", "user_id"\)/s,
      ),
    );
    await stream.start();
    await live(stream);
    const wanted = new Map<string, readonly string[]>();
    for (const name of Object.keys(queries) as (keyof typeof queries)[]) {
      const [there, here] = await both(source, target, name);
      expect(there).toEqual(here);
      wanted.set(name, there ?? []);
    }
    expect([...wanted.values()].map(({ length }) => length)).toEqual([300, 5000, 5000, 0]);
    expect(stream.backfills).toContainEqual(expect.objectContaining({ table: 'public.per_user', state: 'completed' }));
    expect(stream.stats().sink.rows).toBe(300 + 5000 + 300 + 5000 + 5000);
    await source.query("UPDATE orders SET total = total + 1; INSERT INTO users VALUES (1000, 'new')");
    await until(async () => (await differences(source, target, ['users', 'orders'])).length === 0, {
      describe: 'the changes of the tables',
    });
    for (const [name, rows] of wanted) expect(await rowsOf(target, name)).toEqual(rows);
    await stream.stop();
    await stream.start();
    await live(stream);
    for (const [name, rows] of wanted) expect(await rowsOf(target, name)).toEqual(rows);
    expect(told).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);

const started = (stream: Stream): Promise<string> =>
  stream.start().then(
    () => 'started',
    (error: Error) => error.message,
  );

test('what is no query, or makes no table, is refused before anything is made', { timeout: 60_000 }, async () => {
  await using world = await worldOf();
  const { source, target, stream } = world;
  const refused = (entry: object, more: object = {}) => started(stream({ tables: ['public.users', entry], ...more }));
  const of = (query: string, more: object = {}) => refused({ name: 'public.made', query, ...more });
  expect(await of('SELECT 1 AS a FRM x')).toMatch(/QUERY_NOT_POSSIBLE: .*public.made.*SQLSTATE 42601.*at character 15/);
  expect(await of('SELECT 1 AS a;')).toContain('SQLSTATE 42601');
  expect(await of('SELECT 1 AS a) q; DELETE FROM public.users; SELECT * FROM (SELECT 1')).toContain('SQLSTATE 42601');
  expect(await of('SELECT id FROM users')).toMatch(
    /relation "users" does not exist.*Fix: name tables.*with their schema/s,
  );
  expect(await of('SELECT 1 AS a, 2 AS b, 3 AS a')).toContain('more than one of its columns is called "a"');
  expect(await of('SELECT FROM public.users')).toContain('it has no columns');
  expect(await of('SELECT id FROM public.users', { key: ['id', 'nmae'] })).toContain(
    'it has no column "nmae" for its key',
  );
  expect(await of('DELETE FROM public.users RETURNING id')).toContain('QUERY_NOT_POSSIBLE');
  expect(await of('WITH d AS (DELETE FROM public.users RETURNING id) SELECT id FROM d')).toContain(
    'QUERY_NOT_POSSIBLE',
  );
  expect(await of('SELECT id FROM public.users FOR UPDATE')).toContain('it does more than to read');
  const taken = await refused({ name: 'public.orders', query: 'SELECT id FROM public.users' });
  expect(taken).toContain('a table of the source has this name');
  // Both at once.
  const two = await started(
    stream({ tables: ['SELECT', 'FROM'].map((query, at) => ({ name: `public.q${at}`, query: `${query} no` })) }),
  );
  expect(two).toMatch(/q0.*q1/s);
  expect(await source.query('SELECT FROM pg_replication_slots WHERE slot_name = $1', [world.slot])).toEqual([]);
  expect(await target.query("SELECT FROM pg_tables WHERE tablename = 'made'")).toEqual([]);
  expect(await source.query('SELECT FROM users')).toHaveLength(300);
});

test('a query that fails only when it is run ends the stream, and nothing of it is there', {
  timeout: 60_000,
}, async () => {
  await using world = await worldOf();
  const { source, target } = world;
  await source.query(
    `CREATE FUNCTION add(int) RETURNS int LANGUAGE sql AS 'INSERT INTO public.users VALUES ($1 + 1000, $$x$$) RETURNING id'`,
  );
  const failing = async (query: string, key?: readonly string[]) => {
    await using stream = world.stream({
      tables: ['public.users', { name: 'public.made', query, ...(key && { key }) }],
    });
    await stream.start();
    await until(() => stream.status === 'failed-permanently', { describe: 'the stream to fail' });
    expect(await target.query('SELECT FROM made')).toEqual([]);
    await stream.delete();
    await target.query('DROP TABLE made, users');
    return stream.errors.at(-1);
  };
  expect(await failing('SELECT public.add(id) AS id FROM public.users')).toMatchObject({
    code: 'QUERY_NOT_POSSIBLE',
    message: expect.stringContaining('it does more than to read'),
  });
  const divided = await failing('SELECT 1 / (id - 299) AS id, name FROM public.users');
  expect(divided).toMatchObject({ code: 'QUERY_NOT_POSSIBLE', message: expect.stringContaining('SQLSTATE 22012') });
  const key = ['user_id', 'note'];
  const equal = await failing('SELECT user_id, 1 AS note FROM public.orders', key);
  expect(equal?.message).toContain('rows of it are equal, or NULL, in its key ("user_id", "note")');
  const empty = await failing('SELECT user_id, NULL::int AS note FROM public.orders WHERE id = 1', key);
  expect(empty?.message).toContain('equal, or NULL');
});

test('killed in the middle of a query: nothing of it is there, and its rows are those of the next attempt', {
  timeout: 60_000,
}, async () => {
  await using world = await worldOf();
  const { source, target, slot } = world;
  const query = `SELECT o.id, o.user_id, u.name, repeat('x', 200) AS filler FROM public.orders o JOIN public.users u ON u.id = o.user_id`;
  const options = {
    source: source.url,
    target: target.url,
    slot,
    tables: [{ name: 'public.joined', query, key: ['id'] }],
  };
  const program = new URL('./copy.program.ts', import.meta.url);
  const start = (more: object) => startProgram(program, { args: [JSON.stringify({ ...options, ...more })] });
  const first = await start({ maxBytesPerSecond: 300_000 });
  // The size of a table shows rows that nobody else sees yet.
  const written = "SELECT FROM pg_class WHERE relname = 'joined' AND pg_relation_size(oid) > 100000";
  await until(async () => (await target.query(written)).length > 0, { describe: 'rows on their way', timeout: 30_000 });
  first.kill('SIGKILL');
  await first.exited;
  expect(await target.query('SELECT FROM joined')).toEqual([]);
  await source.query("DELETE FROM orders WHERE id % 3 = 0; UPDATE users SET name = 'other' WHERE id < 50");
  await using second = await start({});
  expect(await second.message('handover')).toBe('public.joined');
  expect(await rowsOf(target, 'joined')).toEqual(await rowsOf(source, `(${query})`));
  second.send('stop');
  await second.message('stopped');
});

test('queries alone, and only once', { timeout: 60_000 }, async () => {
  await using world = await worldOf();
  const { source, target } = world;
  await using stream = world.stream({ tables: asked, snapshot: 'only' });
  await stream.start();
  await stream.done;
  expect(stream.state).toMatchObject({ status: 'finished', reason: 'snapshot-complete' });
  for (const name of Object.keys(queries) as (keyof typeof queries)[]) {
    const [there, here] = await both(source, target, name);
    expect(there).toEqual(here);
  }
  expect(await target.query("SELECT tablename FROM pg_tables WHERE tablename IN ('users', 'orders')")).toEqual([]);
});

test("with snapshot: 'always' every start copies anew; rows that the query does not have any more are gone", {
  timeout: 60_000,
}, async () => {
  await using world = await worldOf();
  const { source, target } = world;
  const query = 'SELECT id, total FROM public.orders WHERE total > 100';
  const tables = ['public.users', { name: 'public.dear', query, key: ['id'] }];
  await using stream = world.stream({ tables, snapshot: 'always' });
  for (let round = 0; round < 2; round++) {
    await stream.start();
    await live(stream);
    expect(await rowsOf(target, 'dear')).toEqual(await rowsOf(source, `(${query})`));
    await stream.stop();
    await source.query('UPDATE orders SET total = total - 50');
  }
});

const backfilled = (stream: Stream, table: string, state: string) =>
  until(() => stream.backfills.some((each) => each.table === table && each.state === state), {
    describe: `the copy of ${table} to be ${state}`,
    timeout: 30_000,
  });

test('a query that is added is copied beside the stream, and a backfill replaces its rows', {
  timeout: 90_000,
}, async () => {
  await using world = await worldOf();
  const { source, target } = world;
  const query = 'SELECT id, total FROM public.orders WHERE total > 100';
  const keyed = { name: 'public.dear', query, key: ['id'] };
  const keyless = { name: 'public.totals', query: 'SELECT total FROM public.orders' };
  await using stream = world.stream({ tables: ['public.users'] });
  await stream.start();
  await live(stream);
  await stream.update({ tables: ['public.users', keyed, keyless] } as never);
  await backfilled(stream, 'public.dear', 'completed');
  await backfilled(stream, 'public.totals', 'completed');
  expect(await rowsOf(target, 'dear')).toEqual(await rowsOf(source, `(${query})`));
  await source.query('UPDATE orders SET total = total - 50; DELETE FROM orders WHERE id % 5 = 0');
  await target.query('INSERT INTO dear VALUES (-1, 0); INSERT INTO totals VALUES (-1)');
  for (const { name, query } of [keyed, keyless]) {
    await stream.backfill(name);
    await backfilled(stream, name, 'completed');
    expect(await rowsOf(target, name)).toEqual(await rowsOf(source, `(${query})`));
  }
  // What cannot be copied any more stays as it is.
  const before = await rowsOf(target, 'dear');
  await stream.backfill('public.dear', { where: 'total > 500' });
  await backfilled(stream, 'public.dear', 'failed');
  await live(stream);
  await source.query('ALTER TABLE orders RENAME total TO amount');
  await stream.backfill('public.dear');
  await backfilled(stream, 'public.dear', 'failed');
  expect(stream.backfills.find(({ table }) => table === 'public.dear')?.error?.code).toBe('QUERY_NOT_POSSIBLE');
  expect(await rowsOf(target, 'dear')).toEqual(before);
  // What was copied needs its query no more.
  await stream.pause();
  await stream.resume();
  await stream.stop();
  await stream.start();
  await live(stream);
  expect(stream.backfills.map(({ state }) => state)).not.toContain('pending');
  await source.query("INSERT INTO users VALUES (-7, 'followed')");
  await until(async () => (await target.query('SELECT FROM users WHERE id = -7')).length === 1, {
    describe: 'the change',
  });
  expect(stream.errors).toEqual([]);
  // Another query under the same name: its rows are there once it is asked for.
  await stream.update({
    tables: ['public.users', { ...keyed, query: "SELECT id, amount AS total, 'new' AS kind FROM public.orders" }],
  } as never);
  await live(stream);
  expect(await rowsOf(target, 'dear')).toEqual(before);
  await stream.backfill('public.dear');
  await backfilled(stream, 'public.dear', 'completed');
  await live(stream);
  expect(await rowsOf(target, '(SELECT id, total, kind FROM dear)')).toEqual(
    await rowsOf(source, "(SELECT id, amount AS total, 'new' AS kind FROM orders)"),
  );
});

import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, sharedPostgres, type TestDatabase, uniqueName, until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

type SinkOptions = Omit<Parameters<typeof postgresSink>[0], 'connection'>;

const world = async (schema: string, targetSchema = 'SELECT') => {
  const source = await createDatabase(sharedPostgres());
  const target = await createDatabase(sharedPostgres());
  await source.query(schema);
  await target.query(targetSchema);
  const slot = uniqueName('slot');
  return {
    source,
    target,
    stream: (sink: SinkOptions, options: object = {}): Stream =>
      createStream({
        id: 'names',
        source: postgresSource({ connection: source.url, slot, publication: 'names' }),
        sink: postgresSink({ connection: target.url, ...sink }),
        copy: { maxBytes: 64 * 1024 },
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

/** Until a statement finds the same at both sides. */
const same = (source: TestDatabase, there: string, target: TestDatabase, here: string) =>
  until(async () => JSON.stringify(await source.query(there)) === JSON.stringify(await target.query(here)), {
    describe: `${here} to be as ${there}`,
    timeout: 20_000,
  }).catch(async () => expect(await target.query(here)).toEqual(await source.query(there)));

const users = `CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, "Big" text, n int);
  ALTER TABLE users ALTER "Big" SET STORAGE EXTERNAL;
  INSERT INTO users SELECT g, g || '@x', repeat(md5(g::text), 90), 0 FROM generate_series(1, 2000) g;
  CREATE TABLE lines (n int, what text); ALTER TABLE lines REPLICA IDENTITY FULL; INSERT INTO lines VALUES (1, 'a'), (1, 'a')`;
const there = [
  'SELECT id, email, md5("Big") AS big, n FROM users ORDER BY id',
  'SELECT * FROM lines ORDER BY 1',
] as const;
const here = [
  'SELECT "user id" AS id, mail AS email, md5(email) AS big, n FROM crm.people ORDER BY 1',
  'SELECT n, "order" AS what FROM copy.lines ORDER BY 1',
] as const;
const names: SinkOptions = {
  targetSchema: 'copy',
  tables: {
    'public.users': { name: 'crm.people', columns: { id: 'user id', email: 'mail', Big: 'email' } },
    'public.lines': { columns: { what: 'order' } },
  },
};

test('copies, changes and a restart go to the names of the target', { timeout: 90_000 }, async () => {
  await using both = await world(users);
  const { source, target } = both;
  const first = both.stream(names);
  await first.start();
  // The copy is under way, or over: both have to come out right.
  await source.query(`UPDATE users SET n = 1 WHERE id % 3 = 0; UPDATE users SET id = -id WHERE id % 7 = 0;
    DELETE FROM users WHERE id % 11 = 0; INSERT INTO users VALUES (5000, 'new', 'b', 1)`);
  await live(first);
  await same(source, there[0], target, here[0]);
  await same(source, there[1], target, here[1]);
  await source.query('UPDATE users SET n = n + 1; UPDATE users SET id = -id WHERE id < 0');
  await source.query(`DELETE FROM lines WHERE ctid = (SELECT min(ctid) FROM lines); UPDATE lines SET what = 'b'`);
  await same(source, there[0], target, here[0]);
  await first.stop();
  await source.query(
    `UPDATE users SET n = 9, email = 'moved ' || id WHERE id < 50; UPDATE users SET id = 9000 WHERE id = 1`,
  );
  await using again = both.stream(names);
  await again.start();
  await same(source, there[0], target, here[0]);
  await same(source, there[1], target, here[1]);
  expect(await target.query(`SELECT FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
  await source.query('TRUNCATE users; INSERT INTO users VALUES (1)');
  await same(source, there[0], target, here[0]);
});

test('a condition of a backfill says the names of the source', { timeout: 90_000 }, async () => {
  await using both = await world(users);
  const { target } = both;
  await using stream = both.stream({ ...names, missingRow: 'skip' });
  await stream.start();
  await live(stream);
  await target.query(`UPDATE crm.people SET n = -1 WHERE "user id" IN (1, 1001); DELETE FROM crm.people WHERE "user id" = 2;
    INSERT INTO crm.people ("user id", mail) VALUES (-5, '7@y')`);
  await stream.backfill('public.users', { where: `id < 500 AND email LIKE '%@%'` });
  await until(
    () =>
      stream.backfills.some(
        ({ table, state }) => table === 'public.users' && state !== 'active' && state !== 'pending',
      ),
    {
      describe: 'the backfill',
      timeout: 30_000,
    },
  );
  expect(stream.backfills.find(({ table }) => table === 'public.users')).toMatchObject({
    state: 'completed',
    error: null,
  });
  await live(stream);
  expect(await target.query('SELECT n FROM crm.people WHERE "user id" IN (1, 1001) ORDER BY n')).toEqual([
    { n: -1 },
    { n: 0 },
  ]);
  expect(await target.query('SELECT n FROM crm.people WHERE "user id" IN (2, -5)')).toEqual([{ n: 0 }]);
});

test('errors name table and column of the target, and names that do not fit end the start', {
  timeout: 60_000,
}, async () => {
  await using both = await world(
    'CREATE TABLE users (id int PRIMARY KEY, email text); CREATE SCHEMA other; CREATE TABLE other.users (id int PRIMARY KEY)',
    'CREATE SCHEMA crm; CREATE TABLE crm.people (id int PRIMARY KEY, mail varchar(5))',
  );
  const refused = (sink: SinkOptions) =>
    both
      .stream(sink)
      .start()
      .then(
        () => 'started',
        (error: Error) => error.message,
      );
  expect(await refused({ targetSchema: 'crm' })).toContain('NAME_TAKEN: ');
  const unknown = await refused({ tables: { 'public.user': {}, 'public.users': { columns: { mail: 'x' } } } });
  expect(unknown).toContain('NAME_UNKNOWN: The stream captures no table public.user');
  expect(unknown).toContain('NAME_UNKNOWN: The stream captures no column "mail" of public.users');
  const tables = { 'public.users': { name: 'crm.people', columns: { email: 'mail' } } };
  expect(await refused({ tables: { 'public.users': { name: 'crm.people' } } })).toContain(
    'Target table crm.people has no column "email"',
  );
  await using stream = both.stream({ tables });
  await stream.start();
  await live(stream);
  await both.source.query(`INSERT INTO users VALUES (1, 'too long')`);
  await until(() => stream.errors.length > 0, { describe: 'the error' });
  expect(stream.errors[0]).toMatchObject({ message: expect.stringMatching(/crm\.people.*"?mail/) });
});

test('a table that is made while the stream runs does not write into the table of another', {
  timeout: 60_000,
}, async () => {
  await using both = await world(
    'CREATE TABLE users (id int PRIMARY KEY, v text); INSERT INTO users VALUES (1); CREATE PUBLICATION names FOR ALL TABLES',
  );
  const { source, target } = both;
  await using stream = both.stream({ targetSchema: 'copy' });
  await stream.start();
  await live(stream);
  await source.query(`CREATE SCHEMA other; CREATE TABLE other.users (id int PRIMARY KEY, v text);
    INSERT INTO other.users VALUES (1, 'of another table')`);
  const isRefused = () =>
    [...stream.errors, ...stream.backfills.map(({ error }) => error)].some((error) => error?.code === 'NAME_TAKEN');
  await until(isRefused, { describe: 'the refusal', timeout: 20_000 });
  expect(await target.query('SELECT * FROM copy.users')).toEqual([{ id: 1, v: null }]);
});

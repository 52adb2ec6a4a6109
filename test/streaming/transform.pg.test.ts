import { createStream } from '@millrace/core';
import { postgresSource, type ValueCodec } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, sharedPostgres, tableRows, uniqueName, until } from '../harness/index.ts';

interface Shop {
  'public.users': { id: bigint; name: string; doc: unknown; amount: string; body: string };
  'public.secrets': { id: number };
}

test('transform drops, changes and adds columns; what it does not touch arrives exactly', {
  timeout: 60_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE users (id bigint PRIMARY KEY, name text, doc json, amount numeric, body text);
    ALTER TABLE users ALTER body SET STORAGE EXTERNAL; CREATE TABLE secrets (id int PRIMARY KEY)`);
  await using stream = createStream({
    id: 'transform',
    source: postgresSource<Shop>({ connection: source.url, slot: uniqueName('slot'), publication: 'transform' }),
    sink: postgresSink({ connection: target.url }),
    columns: { 'public.users': { greeting: 'text' } },
    transform(change) {
      if (change.table === 'public.secrets') return null;
      if (change.after?.name === undefined) return change;
      return change.with({
        after: { name: change.after.name.toUpperCase(), greeting: `hello ${change.after.name}` },
      });
    },
  });
  await stream.start();
  await source.query(`INSERT INTO users VALUES (9007199254740993, 'ann', '{"n":  12345678901234567890}', 1.10,
    (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 300) n))`);
  await source.query(
    "UPDATE users SET name = 'bob'; INSERT INTO secrets VALUES (1); INSERT INTO users VALUES (2, 'eve', NULL, NULL, NULL); DELETE FROM users WHERE id = 2",
  );
  await source.query("INSERT INTO users VALUES (3, 'end', NULL, NULL, NULL)");
  await until(async () => (await tableRows(target, 'users')).length === 2, { describe: 'two users' });
  const exact =
    "SELECT id, upper(name) AS name, doc::text, amount::text, md5(body) AS body, 'hello ' || name AS greeting FROM users ORDER BY id";
  const arrived = 'SELECT id, name, doc::text, amount::text, md5(body) AS body, greeting FROM users ORDER BY id';
  expect(await target.query(arrived)).toEqual(await source.query(exact));
  expect(await tableRows(target, 'secrets')).toEqual([]);
  await stream.stop();
});

test('transform sees arrays as JavaScript arrays, and sets them', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE lists (id int PRIMARY KEY, words text[], docs jsonb[], parts bytea[], counts int8[],
    times timestamptz[], untouched int[])`);
  const words = ['a', null, 'NULL', '', ' ', '{}', 'b,c', '"quoted"', 'back\\slash', 'line\nbreak', 'Größe 🎉'];
  const seen: unknown[] = [];
  await using stream = createStream({
    id: 'lists',
    snapshot: 'never',
    source: postgresSource<{ 'public.lists': Record<string, unknown> & { id: number } }>({
      connection: source.url,
      slot: uniqueName('slot'),
      publication: 'lists',
    }),
    sink: postgresSink({ connection: target.url }),
    transform(change) {
      if (change.after === null) return change;
      const { words, docs, parts, counts, times, untouched } = change.after;
      seen.push(untouched);
      return change.with({ after: { words: [words, words], docs, parts, counts, times } });
    },
  });
  await stream.start();
  await source.query(
    `INSERT INTO lists VALUES (1, $1, ARRAY['{"a": [1, "x"]}', '"text"', 'null', NULL]::jsonb[], '{"\\\\x00ff",NULL}',
      '{9223372036854775807,-1}', '{"2026-02-03 04:05:06.000007+05:45",infinity}', '[0:1]={1,NULL}')`,
    [words],
  );
  await until(async () => (await tableRows(target, 'lists')).length === 1, { describe: 'the row' });
  const twice = 'SELECT ARRAY[words, words] AS words, docs, parts, counts, times, untouched::text FROM lists';
  const arrived = 'SELECT words, docs, parts, counts, times, untouched::text FROM lists';
  expect(await target.query(arrived)).toEqual(await source.query(twice));
  expect(seen).toEqual([[1, null]]);
});

test('a Date is written as the day and the moment that it is, before Christ and after the year 9999 too', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE days (id int PRIMARY KEY, d date, t timestamp, z timestamptz)');
  const dates = [
    '-000043-03-15T01:02:03.004Z',
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00Z',
    '2026-02-03T04:05:06.007Z',
  ];
  const all = [...dates, '+012026-07-08T09:10:11.120Z'].map((text) => new Date(text));
  await using stream = createStream({
    id: 'dates',
    snapshot: 'never',
    source: postgresSource<{ 'public.days': { id: number; d: Date; t: Date; z: Date } }>({
      connection: source.url,
      slot: uniqueName('slot'),
      publication: 'dates',
      values: { date: 'date', timestamp: 'date', timestamptz: 'date' },
    }),
    sink: postgresSink({ connection: target.url }),
    transform(change) {
      // The others cannot be read as a Date.
      const date = all[Number(change.image.after?.text(0))];
      return date === undefined ? change : change.with({ after: { d: date, t: date, z: date } });
    },
  });
  await stream.start();
  await source.query(
    `INSERT INTO days SELECT g, 'infinity', '-infinity', '2026-01-01' FROM generate_series(0, ${all.length}) g`,
  );
  await until(async () => (await tableRows(target, 'days')).length > all.length, { describe: 'the rows' });
  expect(
    await target.query('SELECT d::text, t::text, extract(epoch FROM z)::float8 * 1000 AS ms FROM days ORDER BY id'),
  ).toEqual([
    { d: '0044-03-15 BC', t: '0044-03-15 01:02:03.004 BC', ms: all[0]?.getTime() },
    { d: '0001-12-31 BC', t: '0001-12-31 23:59:59 BC', ms: all[1]?.getTime() },
    { d: '0001-01-01', t: '0001-01-01 00:00:00', ms: all[2]?.getTime() },
    { d: '2026-02-03', t: '2026-02-03 04:05:06.007', ms: all[3]?.getTime() },
    { d: '12026-07-08', t: '12026-07-08 09:10:11.12', ms: all[4]?.getTime() },
    { d: 'infinity', t: '-infinity', ms: Date.UTC(2026, 0, 1) },
  ]);
});

test('a codec writes what it reads, alone and in arrays; what it cannot write is an error without the value', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  for (const database of [source, target]) await database.query("CREATE TYPE mood AS ENUM ('fine', 'so so')");
  await source.query('CREATE TABLE days (id int PRIMARY KEY, mood mood, moods mood[], price money, at timestamptz)');
  class Mood {
    readonly name: string;
    constructor(name: string) {
      this.name = name;
    }
  }
  const mood: ValueCodec<Mood> = {
    decode: (name) => new Mood(name),
    encode(value) {
      if (!(value instanceof Mood)) throw new TypeError(`${value} is no mood`);
      return value.name;
    },
  };
  const seen: unknown[] = [];
  await using stream = createStream({
    id: 'codec',
    snapshot: 'never',
    source: postgresSource<{ 'public.days': { id: number; mood: Mood | string; moods: Mood[] } }>({
      connection: source.url,
      slot: uniqueName('slot'),
      publication: 'codec',
      values: { 'public.mood': mood, timestamptz: 'date', money: 'text' },
    }),
    sink: postgresSink({ connection: target.url }),
    transform(change) {
      if (change.after === null) return change;
      const { id, mood, moods = [] } = change.after;
      seen.push(mood, moods);
      if (id === 2) return change.with({ after: { mood: 'secret' } });
      return change.with({ after: { ...change.after, moods: [...moods, new Mood('fine')] } });
    },
  });
  await stream.start();
  const at = '2026-01-02 03:04:05.678901+00';
  await source.query(`INSERT INTO days VALUES (1, 'so so', '{"so so",NULL}', 1.5, '${at}')`);
  await until(async () => (await tableRows(target, 'days')).length === 1, { describe: 'the row' });
  expect(seen).toEqual([new Mood('so so'), [new Mood('so so'), null]]);
  const [row] = await target.query('SELECT mood, moods::text, price, at = $1 AS exact FROM days', [at]);
  expect(row).toEqual({ mood: 'so so', moods: '{"so so",NULL,fine}', price: '$1.50', exact: true });
  await source.query("INSERT INTO days VALUES (2, 'fine')");
  const failure = {
    code: 'ENCODE_FAILED',
    details: { table: 'public.days', column: 'mood' },
    message: expect.not.stringContaining('secret'),
  };
  await expect(stream.done).rejects.toMatchObject(failure);
});

test('arrays of a type that is younger than the stream are arrays from their first row on', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  for (const database of [source, target]) await database.query("CREATE TYPE mood AS ENUM ('fine')");
  await source.query('CREATE TABLE days (id int PRIMARY KEY, moods mood[])');
  const seen: unknown[] = [];
  await using stream = createStream({
    id: 'young',
    snapshot: 'never',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'young' }),
    sink: postgresSink({ connection: target.url }),
    transform(change) {
      if (change.after !== null) seen.push(change.after.weathers ?? change.after.moods);
      return change;
    },
  });
  await stream.start();
  const arrived = async (id: number) =>
    until(async () => (await target.query('SELECT FROM days WHERE id = $1', [id])).length > 0, {
      describe: `row ${id}`,
    });
  await source.query("INSERT INTO days VALUES (1, '{fine}')");
  await arrived(1);
  for (const database of [source, target])
    await database.query("CREATE TYPE weather AS ENUM ('rain'); ALTER TABLE days ADD weathers weather[]");
  await source.query("INSERT INTO days VALUES (2, '{}', '{rain,NULL}')");
  await arrived(2);
  expect(seen.filter((value) => typeof value === 'string')).toEqual([]);
  expect(seen.at(-1)).toEqual(['rain', null]);
  expect(await tableRows(target, 'days')).toEqual(await tableRows(source, 'days'));
});

test('a transform that breaks its rules ends the stream, with a clear error and nothing written', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE users (id bigint PRIMARY KEY, name text)');
  await using stream = createStream({
    id: 'transform',
    source: postgresSource<Shop>({ connection: source.url, slot: uniqueName('slot'), publication: 'transform' }),
    sink: postgresSink({ connection: target.url }),
    tables: ['public.users'],
    transform: (change) => (change.after === null ? change : change.with({ after: { id: 7n } })),
  });
  await stream.start();
  await source.query("INSERT INTO users VALUES (1, 'secret name')");
  await expect(stream.done).rejects.toMatchObject({
    code: 'TRANSFORM_FAILED',
    message: expect.not.stringContaining('secret'),
  });
  expect(await tableRows(target, 'users')).toEqual([]);
});

import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, sharedPostgres, type TestDatabase, uniqueName, until } from '../harness/index.ts';
import { live } from './shop-world.ts';

const streamOf = (source: TestDatabase, target: TestDatabase, options: object = {}) =>
  createStream({
    id: 'refusals',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'p' }),
    sink: postgresSink({ connection: target.url }),
    ...options,
  } as never);

test('nothing is copied into a table that holds rows, and nothing is made at the source', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  const tables = 'CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY)';
  await source.query(`${tables}; INSERT INTO t VALUES (1, 'new'); INSERT INTO u VALUES (1)`);
  await target.query(`${tables}; INSERT INTO t VALUES (1, 'old')`);
  await using stream = streamOf(source, target);
  await expect(stream.start()).rejects.toMatchObject({
    code: 'TARGET_NOT_EMPTY',
    details: { tables: ['public.t'] },
    hint: expect.stringContaining('TRUNCATE "public"."t"'),
  });
  expect(await source.query('SELECT FROM pg_publication')).toEqual([]);
  await target.query('TRUNCATE t');
  await stream.start();
  await live(stream);
  expect(await target.query('SELECT * FROM t')).toEqual([{ id: 1, v: 'new' }]);
  await stream.stop();
  // What the copy itself has written is no reason to refuse a later start.
  await stream.start();
});

test('a unique index that only the target has is refused, one that the source implies is not', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  const table = 'CREATE TABLE t (id int PRIMARY KEY, "Code" text, other int)';
  await source.query(`${table}; CREATE UNIQUE INDEX ON t (lower("Code")) WHERE other > 0; CREATE UNIQUE INDEX ON t (other);
    INSERT INTO t VALUES (1, 'same', 1), (2, 'same', -1)`);
  await target.query(`${table}; CREATE UNIQUE INDEX ON t (lower("Code")) WHERE other > 0;
    CREATE UNIQUE INDEX wider ON t (other, "Code"); CREATE UNIQUE INDEX stricter ON t (lower("Code"))`);
  await using stream = streamOf(source, target);
  await expect(stream.start()).rejects.toMatchObject({
    code: 'TARGET_INDEX_STRICTER',
    details: { table: 'public.t', index: 'stricter' },
  });
  expect(await source.query('SELECT FROM pg_publication')).toEqual([]);
  await target.query('DROP INDEX stricter');
  await stream.start();
  await live(stream);
  expect(await target.query('SELECT id FROM t ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
});

test('a table that is made while the start waits for a transaction is copied too', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR ALL TABLES');
  const open = await source.connect();
  await open.query('BEGIN');
  await open.query('INSERT INTO t VALUES (1)');
  await using stream = streamOf(source, target);
  const started = stream.start();
  await until(() => 'waiting' in stream.state && stream.state.waiting !== null, { describe: 'the start to wait' });
  await source.query('CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (7)');
  await open.query('COMMIT');
  await started;
  await live(stream);
  expect(await target.query('SELECT * FROM t')).toEqual([{ id: 1 }]);
  expect(await target.query('SELECT * FROM late')).toEqual([{ id: 7 }]);
});

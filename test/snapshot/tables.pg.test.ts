import { type Change, createStream, memoryCheckpointStore, nullSink, type StreamOptions } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  differences,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from './shop-world.ts';

const schema = `
  CREATE TABLE nothing (id int PRIMARY KEY, v text);
  CREATE TABLE parts (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
  CREATE TABLE parts_2 (v text, at int NOT NULL, id int NOT NULL);
  ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (10) TO (20);
  CREATE TABLE made (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, double int GENERATED ALWAYS AS (n * 2) STORED);
  CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL, name text);
  CREATE UNIQUE INDEX people_email ON people (email);
  ALTER TABLE people REPLICA IDENTITY USING INDEX people_email;
  CREATE TABLE "Größe ""x"" y" ("select" int PRIMARY KEY, "Ä b" text, "$1" text);
  CREATE TABLE dropped (id int PRIMARY KEY, gone int, j jsonb, a int[], b bytea);
  ALTER TABLE dropped DROP COLUMN gone;
  CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent)`;

const rows = `
  INSERT INTO parts SELECT g, g % 20, 'v' || g FROM generate_series(1, 500) g;
  INSERT INTO made (n) SELECT g FROM generate_series(1, 300) g;
  INSERT INTO people SELECT g, g || '@x', NULL FROM generate_series(1, 300) g;
  INSERT INTO "Größe ""x"" y" VALUES (1, 'it''s', E'\\n\\t\\\\N'), (2, NULL, '');
  INSERT INTO dropped SELECT g, '{"a": null}', '{1,NULL}', '\\x00ff' FROM generate_series(1, 10) g;
  INSERT INTO parent SELECT generate_series(1, 100);
  INSERT INTO child SELECT g, g FROM generate_series(1, 100) g`;

/** All but `made`: of what is computed at the source, a table that the sink makes has nothing. */
const tables = ['nothing', 'parts', 'people', '"Größe ""x"" y"', 'dropped', 'parent', 'child'];

const streamOf = (source: TestDatabase, options: Omit<StreamOptions<never>, 'id' | 'source'> | object) =>
  createStream({
    id: 'tables',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'tables' }),
    ...options,
  } as never);

test.each(postgresVersions())(
  'tables of every kind are copied from PostgreSQL %i, into tables that the sink makes and into those that are there',
  { timeout: 60_000 },
  async (version) => {
    const server = sharedPostgres(version);
    for (const targetSchema of ['', schema]) {
      await using source = await createDatabase(server);
      await using target = await createDatabase(server);
      await source.query(schema);
      await source.query(rows);
      await target.query(targetSchema);
      await using stream = streamOf(source, { sink: postgresSink({ connection: target.url }) });
      await stream.start();
      await source.query('INSERT INTO nothing VALUES (1); UPDATE made SET n = n + 1; UPDATE people SET id = id + 1000');
      await live(stream);
      await source.query("UPDATE people SET email = 'new' WHERE email = '1@x'; DELETE FROM child; DELETE FROM parent");
      const last = async () => (await target.query('SELECT FROM parent')).length === 0;
      await until(last, { describe: 'the last change' });
      const compared = targetSchema === '' ? tables : [...tables, 'made'];
      expect(await differences(source, target, compared)).toEqual([]);
      expect(stream.errors).toEqual([]);
    }
  },
);

test.each(postgresVersions())('a table of 1,000 columns (PostgreSQL %i)', { timeout: 60_000 }, async (version) => {
  const server = sharedPostgres(version);
  await using source = await createDatabase(server);
  await using target = await createDatabase(server);
  const columns = Array.from({ length: 1_000 }, (_, n) => `c${n} ${['int', 'text', 'numeric(4,1)', 'bool'][n % 4]}`);
  const values = columns.map((_, n) => ['g', "'v'", 'g / 10.0', 'g % 2 = 0'][n % 4]);
  await source.query(`CREATE TABLE wide (${columns.join(', ')}, PRIMARY KEY (c0));
    INSERT INTO wide SELECT ${values.join(', ')} FROM generate_series(1, 500) g;
    INSERT INTO wide (c0, c999) VALUES (0, true)`);
  await using stream = streamOf(source, {
    sink: postgresSink({ connection: target.url }),
    copy: { maxBytes: 64 * 1024 },
  });
  await stream.start();
  await source.query("UPDATE wide SET c1 = NULL, c997 = 'changed' WHERE c0 % 5 = 0");
  await live(stream);
  await source.query('UPDATE wide SET c998 = 7.5; INSERT INTO wide (c0) VALUES (-1)');
  const last = async () => (await target.query('SELECT FROM wide WHERE c0 = -1')).length === 1;
  await until(last, { describe: 'the last change' });
  expect(await differences(source, target, ['wide'])).toEqual([]);
  expect(stream.errors).toEqual([]);
});

test.each(postgresVersions())("snapshot 'only' ends by itself on an idle server (PostgreSQL %i)", async (version) => {
  const server = sharedPostgres(version);
  await using source = await createDatabase(server);
  await using target = await createDatabase(server);
  await source.query(schema);
  await source.query(rows);
  const stream = streamOf(source, { sink: postgresSink({ connection: target.url }), snapshot: 'only' });
  await stream.start();
  await stream.done;
  expect(stream.state).toEqual({ status: 'finished', reason: 'snapshot-complete' });
  expect(await differences(source, target, tables)).toEqual([]);
  await stream.delete();
});

test("snapshot 'never' leaves out what is there", async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'before')");
  await using stream = streamOf(source, { sink: postgresSink({ connection: target.url }), snapshot: 'never' });
  await stream.start();
  expect(stream.state).toEqual({ status: 'running', snapshot: null });
  await source.query("INSERT INTO t VALUES (2, 'after')");
  const there = async () => (await target.query('SELECT FROM t')).length > 0;
  await until(there, { describe: 'the change' });
  expect(await target.query('SELECT * FROM t')).toEqual([{ id: 2, v: 'after' }]);
});

test('transform makes other rows of a copy and of what is read again', { timeout: 60_000 }, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE t (id int PRIMARY KEY, v text, big text);
    ALTER TABLE t ALTER COLUMN big SET STORAGE EXTERNAL;
    INSERT INTO t SELECT g, 'v' || g, repeat('x', 3000) FROM generate_series(1, 2000) g`);
  await using stream = streamOf(source, {
    sink: postgresSink({ connection: target.url }),
    columns: { 'public.t': { length: 'int' } },
    copy: { maxBytes: 64 * 1024, maxBytesPerSecond: 6_000_000 },
    transform: (change: { after: { id: number; big?: string } | null; with: (values: object) => unknown }) => {
      const { after } = change;
      if (after === null) return change;
      if (after.id % 10 === 0) return null;
      return change.with({ after: { v: 'seen', ...(after.big === undefined ? {} : { length: after.big.length }) } });
    },
  });
  await stream.start();
  // Rows that change their keys are in no chunk under either, when they are moved behind and before the reader.
  for (let round = 0; round < 8; round++) {
    await source.query(`UPDATE t SET id = -id WHERE id % 7 = 0 AND random() < 0.2`);
  }
  await live(stream);
  await source.query(`INSERT INTO t VALUES (100001, 'last', 'y')`);
  const there = async () => (await target.query('SELECT FROM t WHERE id = 100001')).length > 0;
  await until(there, { describe: 'the last change' });
  const expected = await source.query(
    "SELECT id, 'seen' AS v, md5(big) AS big, length(big)::int AS length FROM t WHERE id % 10 <> 0 ORDER BY id",
  );
  const actual = await target.query('SELECT id, v, md5(big) AS big, length FROM t ORDER BY id');
  expect(actual).toEqual(expected);
});

test('a table that is rewritten and one that is truncated in the middle are copied anew', {
  timeout: 60_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (LIKE a INCLUDING ALL);
    INSERT INTO a SELECT g, repeat('x', 100) FROM generate_series(1, 5000) g; INSERT INTO b SELECT * FROM a`);
  await using stream = streamOf(source, {
    sink: postgresSink({ connection: target.url }),
    copy: { maxBytes: 32 * 1024, maxBytesPerSecond: 400_000 },
  });
  const warned: unknown[] = [];
  stream.on('warning', ({ code, details }) => {
    if (code === 'COPY_OUTDATED') warned.push(details.table);
  });
  await stream.start();
  await until(() => stream.stats().sink.rows > 500, { describe: 'some rows' });
  await source.query('VACUUM FULL a');
  await source.query("TRUNCATE b; INSERT INTO b VALUES (7, 'new')");
  await stream.update({ copy: { maxBytesPerSecond: 0 } });
  await live(stream);
  expect(warned.sort()).toEqual(['public.a', 'public.b']);
  expect(await differences(source, target, ['a', 'b'])).toEqual([]);
});

test('a sink of the user gets rows as read changes, then changes', async () => {
  await using source = await createDatabase(sharedPostgres());
  await source.query("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  const seen: unknown[] = [];
  await using stream = streamOf(source, {
    checkpoints: memoryCheckpointStore(),
    sink: {
      ...nullSink({ name: 'own' }),
      async write({ changes }: { changes: Iterable<{ op: string; after: unknown; id: string }> }) {
        for (const { op, after, id } of changes) seen.push([op, after, id.startsWith('public.t/')]);
      },
    },
  });
  await stream.start();
  await live(stream);
  await source.query("UPDATE t SET v = 'c' WHERE id = 2");
  await until(() => seen.length === 3, { describe: 'the change' });
  expect(seen).toEqual([
    ['read', { id: 1, v: 'a' }, true],
    ['read', { id: 2, v: 'b' }, true],
    ['update', { id: 2, v: 'c' }, false],
  ]);
});

test.each(['lenient', 'evolve', 'exception'])(
  'a column that transform adds is none that the source has lost: nothing is copied twice (schemaChanges: %s)',
  async (schemaChanges) => {
    await using source = await createDatabase(sharedPostgres());
    await using target = await createDatabase(sharedPostgres());
    await source.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50)');
    await source.query(
      'CREATE TABLE nokey (id int); ALTER TABLE nokey REPLICA IDENTITY FULL; INSERT INTO nokey VALUES (1)',
    );
    await using stream = streamOf(source, {
      sink: postgresSink({ connection: target.url }),
      columns: { 'public.t': { extra: 'text' }, 'public.nokey': { extra: 'text' } },
      transform: (change: Change) => (change.after === null ? change : change.with({ after: { extra: 'x' } })),
      schemaChanges,
    });
    const warned: string[] = [];
    stream.on('warning', ({ code }) => warned.push(code));
    await stream.start();
    await live(stream);
    await stream.backfill('public.t');
    await source.query('INSERT INTO t VALUES (51)');
    await until(async () => (await target.query('SELECT FROM t')).length === 51, { describe: 'the last row' });
    expect(await target.query('SELECT * FROM t WHERE id IN (1, 51) ORDER BY id')).toEqual([
      { id: 1, extra: 'x' },
      { id: 51, extra: 'x' },
    ]);
    expect(await target.query('SELECT * FROM nokey')).toEqual([{ id: 1, extra: 'x' }]);
    expect(warned).not.toContain('COPY_OUTDATED');
    expect(stream.errors).toEqual([]);
  },
);

test('a copy goes on after a stop where transform adds a column, and schema changes are refused', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE t (id int PRIMARY KEY, v text);
    INSERT INTO t SELECT g, repeat('x', 200) FROM generate_series(1, 5000) g`);
  await using stream = streamOf(source, {
    sink: postgresSink({ connection: target.url }),
    columns: { 'public.t': { extra: 'text' } },
    transform: (change: Change) => (change.after === null ? change : change.with({ after: { extra: 'x' } })),
    schemaChanges: 'exception',
    copy: { maxBytes: 64 * 1024, maxBytesPerSecond: 300_000 },
  });
  await stream.start();
  await until(() => stream.stats().sink.rows > 0, { describe: 'the first rows' });
  await stream.stop();
  await stream.update({ copy: { maxBytesPerSecond: 0 } });
  await stream.start();
  await live(stream);
  expect(await target.query("SELECT count(*)::int FROM t WHERE extra = 'x'")).toEqual([{ count: 5000 }]);
  expect(stream.errors).toEqual([]);
});

test('a column that transform sets on some rows only is NULL in the others, copied or not', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50)');
  await using stream = streamOf(source, {
    sink: postgresSink({ connection: target.url }),
    columns: { 'public.t': { extra: 'text' } },
    transform: (change: Change) =>
      change.after?.id === 1 || change.after?.id === 51 ? change.with({ after: { extra: 'x' } }) : change,
  });
  await stream.start();
  await live(stream);
  await source.query('INSERT INTO t SELECT generate_series(51, 60)');
  const all = async () => (await target.query('SELECT FROM t')).length === 60;
  await until(all, { describe: 'the last rows' });
  expect(await target.query('SELECT id, extra FROM t WHERE extra IS NOT NULL ORDER BY id')).toEqual([
    { id: 1, extra: 'x' },
    { id: 51, extra: 'x' },
  ]);
  expect(stream.errors).toEqual([]);
});

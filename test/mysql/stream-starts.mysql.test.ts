import { createStream, type StartPoint } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  type MysqlSettings,
  mysqlNames,
  sharedPostgres,
  startMysql,
  until,
} from '../harness/index.ts';

const world = async (name: (typeof names)[number], settings: MysqlSettings = {}) => {
  const server = await startMysql({ name, settings });
  const source = await createMysqlDatabase(server);
  const target = await createDatabase(sharedPostgres());
  return {
    source,
    target,
    server,
    stream: (options: { readonly tables?: readonly string[]; readonly startFrom?: StartPoint } = {}) =>
      createStream({
        id: 'starts',
        source: mysqlSource({ connection: source.url }),
        sink: postgresSink({ connection: target.url, targetSchema: 'public' }),
        tables: ['t'],
        snapshot: 'never',
        ...options,
      }),
    ids: async () => (await target.query<{ id: number }>('SELECT id FROM t ORDER BY id')).map(({ id }) => id),
    [Symbol.asyncDispose]: async () => {
      await target[Symbol.asyncDispose]();
      await server.stop();
    },
  };
};

const names = mysqlNames();
const unnamed = (name: (typeof names)[number]) => ({ binlog_row_metadata: name === 'mysql' ? 'MINIMAL' : 'NO_LOG' });

test.each(names)(
  'a stream from %s begins at the oldest place, and reads tables as the log describes them',
  async (name) => {
    await using w = await world(name);
    await w.source.query("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'a')");
    await w.source.query("ALTER TABLE t ADD b text FIRST; INSERT INTO t VALUES ('b', 2, 'a')");
    await w.target.query('CREATE TABLE t (id int PRIMARY KEY, a text, b text)');
    await using stream = w.stream({ startFrom: 'earliest' });
    await stream.start();
    await until(async () => (await w.ids()).length === 2, { describe: 'rows from before the start' });
    expect(await w.target.query('SELECT * FROM t ORDER BY id')).toEqual([
      { id: 1, a: 'a', b: null },
      { id: 2, a: 'a', b: 'b' },
    ]);
    expect(stream.errors).toEqual([]);
  },
);

test.each(names)('a stream from %s that begins in the past reads nothing whose columns nobody names', async (name) => {
  await using w = await world(name, unnamed(name));
  await w.source.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
  await w.target.query('CREATE TABLE t (id int PRIMARY KEY)');
  await using stream = w.stream({ startFrom: 'earliest' });
  const codes: string[] = [];
  stream.on('error', ({ code }) => codes.push(code));
  await stream.start().catch(() => {});
  await until(() => stream.status === 'failed-permanently', { describe: 'the end of the stream' });
  expect(codes).toContain('METADATA_MISSING');
  expect(await w.ids()).toEqual([]);
});

test('a stream from MySQL without GTIDs needs RELOAD for its first start alone', async () => {
  await using w = await world('mysql', { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' });
  await w.source.query('CREATE TABLE t (id int PRIMARY KEY)');
  const privileges = ['REPLICATION SLAVE ON *.*', 'REPLICATION CLIENT ON *.*', `SELECT ON ${w.source.name}.*`];
  const { url, name: user } = await w.source.createUser(privileges);
  await using stream = createStream({
    id: 'reload',
    source: mysqlSource({ connection: url }),
    sink: postgresSink({ connection: w.target.url, targetSchema: 'public' }),
    tables: ['t'],
    snapshot: 'never',
  });
  await expect(stream.start()).rejects.toThrow(`RELOAD_PRIVILEGE: '${user}'@'%' lacks the privilege RELOAD`);
  await w.source.query(`GRANT RELOAD ON *.* TO ${user}`);
  await stream.start();
  await stream.stop();
  await w.source.query(`REVOKE RELOAD ON *.* FROM ${user}; INSERT INTO t VALUES (1)`);
  await stream.start();
  await until(async () => (await w.ids()).length === 1, { describe: 'the row' });
});

test.each(names)('a stream from %s whose history of the schema is lost reads nothing', async (name) => {
  await using w = await world(name, unnamed(name));
  await w.source.query('CREATE TABLE t (id int PRIMARY KEY)');
  await w.target.query('CREATE TABLE t (id int PRIMARY KEY)');
  {
    await using stream = w.stream();
    await stream.start();
    await w.source.query('INSERT INTO t VALUES (1)');
    await until(async () => (await w.ids()).length === 1, { describe: 'the row' });
    await stream.stop();
  }
  await w.source.query('INSERT INTO t VALUES (2)');
  const [table] = await w.target.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.columns
      WHERE column_name = 'source_identity'`,
  );
  await w.target.query(`UPDATE ${table?.name} SET source_identity = source_identity - 'state'`);
  await using stream = w.stream();
  const codes: string[] = [];
  stream.on('error', ({ code }) => codes.push(code));
  await stream.start().catch(() => {});
  await until(() => stream.status === 'failed-permanently', { describe: 'the end of the stream' });
  expect(codes).toContain('SCHEMA_HISTORY_LOST');
  expect(await w.ids()).toEqual([1]);
});

test.each(names)('a stream from %s takes in a table that is made while it runs', async (name) => {
  await using w = await world(name, unnamed(name));
  await w.target.query('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await w.source.query('CREATE TABLE other (id int PRIMARY KEY)');
  await w.target.query('CREATE TABLE other (id int PRIMARY KEY)');
  await using stream = w.stream({ tables: [`${w.source.name}.*`] });
  await stream.start();
  await w.source.query("CREATE TABLE t (id int PRIMARY KEY, note text) SELECT 1 AS id, 'x' AS note");
  await w.source.query("INSERT INTO t VALUES (2, 'y')");
  await until(async () => (await w.ids()).length === 2, { describe: 'rows of the new table' });
  expect(await w.target.query('SELECT * FROM t ORDER BY id')).toEqual([
    { id: 1, note: 'x' },
    { id: 2, note: 'y' },
  ]);
});

test.each(names)('a copy of a table that takes its place is followed on %s, as gh-ost does it', async (name) => {
  await using w = await world(name, unnamed(name));
  await w.source.query("CREATE TABLE t (id int PRIMARY KEY, note varchar(20)); INSERT INTO t VALUES (1, 'old')");
  await w.target.query('CREATE TABLE t (id int PRIMARY KEY, note text, extra text)');
  await using stream = w.stream();
  await stream.start();
  await w.source.query("INSERT INTO t VALUES (2, 'two')");
  await w.source.query('CREATE TABLE _t_gho LIKE t; ALTER TABLE _t_gho ADD extra varchar(20) AFTER id');
  await w.source.query('INSERT INTO _t_gho (id, note) SELECT id, note FROM t');
  await w.source.query('RENAME TABLE t TO _t_del, _t_gho TO t; DROP TABLE _t_del');
  await w.source.query("INSERT INTO t VALUES (3, 'e', 'three'); UPDATE t SET extra = 'new' WHERE id = 2");
  await until(async () => (await w.ids()).length === 2, { describe: 'the row behind the exchange' });
  await until(async () => (await w.target.query('SELECT extra FROM t WHERE id = 2'))[0]?.extra === 'new', {
    describe: 'the update behind the exchange',
  });
  expect(await w.target.query('SELECT * FROM t ORDER BY id')).toEqual([
    { id: 2, note: 'two', extra: 'new' },
    { id: 3, note: 'three', extra: 'e' },
  ]);
  expect(stream.errors).toEqual([]);
});

test.each(names.flatMap((name) => (['MINIMAL', 'NOBLOB'] as const).map((image) => [name, image] as const)))(
  'an update of %s with row image %s leaves the columns alone that it does not name',
  async (name, image) => {
    await using w = await world(name, { binlog_row_image: image });
    await w.source.query('CREATE TABLE t (id int PRIMARY KEY, a int, long_text text)');
    await w.target.query('CREATE TABLE t (id int PRIMARY KEY, a int, long_text text)');
    await using stream = w.stream();
    await stream.start();
    await w.source.query("INSERT INTO t VALUES (1, 1, 'kept'), (2, 1, 'gone')");
    await w.source.query('UPDATE t SET a = 2 WHERE id = 1; DELETE FROM t WHERE id = 2');
    await until(async () => (await w.target.query('SELECT a FROM t'))[0]?.a === 2, { describe: 'the update' });
    await until(async () => (await w.ids()).length === 1, { describe: 'the delete' });
    expect(await w.target.query('SELECT * FROM t')).toEqual([{ id: 1, a: 2, long_text: 'kept' }]);
  },
);

import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  type MysqlName,
  mysqlNames,
  sharedPostgres,
  startMysql,
  until,
} from '../harness/index.ts';

/** A server with two databases, and a stream of tables of the first. */
const world = async (name: MysqlName, metadata = name === 'mysql' ? 'MINIMAL' : 'NO_LOG') => {
  const server = await startMysql({ name, settings: { binlog_row_metadata: metadata } });
  const [source, other] = [await createMysqlDatabase(server), await createMysqlDatabase(server)];
  const target = await createDatabase(sharedPostgres());
  return {
    source,
    other,
    target,
    stream: (...tables: readonly string[]) =>
      createStream({
        id: 'databases',
        source: mysqlSource({ connection: source.url }),
        sink: postgresSink({ connection: target.url, targetSchema: 'public' }),
        tables,
        snapshot: 'never',
      }),
    ids: async (table = 't') =>
      (await target.query<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => id),
    /** The history as it is saved. */
    async state() {
      const [table] = await target.query<{ name: string }>(
        `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.columns
          WHERE column_name = 'source_identity'`,
      );
      const [row] = await target.query<{ state: string }>(
        `SELECT source_identity ->> 'state' AS state FROM ${table?.name}`,
      );
      return row?.state ?? '';
    },
    [Symbol.asyncDispose]: async () => {
      await target[Symbol.asyncDispose]();
      await server.stop();
    },
  };
};

test.each(mysqlNames())('a stream from %s keeps no history of databases that it has nothing of', async (name) => {
  await using w = await world(name);
  const { source, other, target } = w;
  await source.query('CREATE TABLE t (id int PRIMARY KEY)');
  await other.query(
    "CREATE TABLE elsewhere (id int PRIMARY KEY, note varchar(9)); INSERT INTO elsewhere VALUES (7, 'x')",
  );
  await target.query(
    'CREATE TABLE t (id int PRIMARY KEY, added text); CREATE TABLE made (id int PRIMARY KEY, note text)',
  );
  await using stream = w.stream(`${source.name}.*`);
  await stream.start();
  const began = await w.state();
  await other.query('CREATE TABLE another (a int); RENAME TABLE another TO third; DROP TABLE third');
  // No parser of ours takes it.
  await other.query(
    'ALTER TABLE elsewhere CONVERT TO CHARACTER SET utf8mb4, DEFAULT CHARACTER SET utf8mb4, ADD more int',
  );
  await source.query('INSERT INTO t VALUES (1)');
  await until(async () => (await w.ids()).length === 1, { describe: 'the row behind statements of another database' });
  expect(await w.state()).toBe(began);
  await source.query('ALTER TABLE t ADD added varchar(9)');
  await source.query(`CREATE TABLE made (PRIMARY KEY (id)) SELECT id, note FROM ${other.name}.elsewhere`);
  await source.query("INSERT INTO t VALUES (2, 'two')");
  await until(async () => (await w.ids()).length === 2, { describe: 'the row behind statements of our own' });
  expect(await target.query('SELECT * FROM made')).toEqual([{ id: 7, note: 'x' }]);
  expect(await w.state()).toContain('added');
  expect(await w.state()).not.toMatch(new RegExp(`${other.name}|elsewhere`));
  expect(stream.errors).toEqual([]);
});

test.each(
  mysqlNames().flatMap(
    (name) =>
      [
        [name, 'RENAME TABLE t TO old, other.t TO t'],
        [name, 'DROP TABLE t; CREATE TABLE t LIKE other.t'],
        [name, 'DROP TABLE t; ALTER TABLE other.t RENAME TO here.t'],
      ] as const,
  ),
)('of %s, a table from elsewhere does not become a captured one by a guess: %s', async (name, sql) => {
  await using w = await world(name);
  const { source, other, target } = w;
  await source.query('CREATE TABLE t (id int PRIMARY KEY, number int)');
  await other.query('CREATE TABLE t (number int, id int PRIMARY KEY)');
  await target.query('CREATE TABLE t (id int PRIMARY KEY, number int)');
  await using stream = w.stream('t');
  await stream.start();
  await source.query('INSERT INTO t VALUES (1, 10)');
  await until(async () => (await w.ids()).length === 1, { describe: 'the row before the statement' });
  await source.query(sql.replaceAll('other.', `${other.name}.`).replaceAll('here.', `${source.name}.`));
  await source.query('INSERT INTO t VALUES (2, 20)');
  await expect(stream.done).rejects.toMatchObject({ code: 'DDL_NOT_UNDERSTOOD' });
  expect(await w.ids()).toEqual([1]);
});

test.each(mysqlNames())(
  'a table of another database of %s that is added later is read as the log says it',
  async (name) => {
    await using w = await world(name, 'FULL');
    const { source, other, target } = w;
    await source.query('CREATE TABLE t (id int PRIMARY KEY)');
    await other.query('CREATE TABLE late (id int PRIMARY KEY, note varchar(9))');
    await target.query(
      'CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE late (id int PRIMARY KEY, note text, more int)',
    );
    {
      await using stream = w.stream('t');
      await stream.start();
      await source.query('INSERT INTO t VALUES (1)');
      await until(async () => (await w.ids()).length === 1, { describe: 'the row' });
      await stream.stop();
    }
    await using stream = w.stream('t', `${other.name}.late`);
    await stream.start();
    await other.query("INSERT INTO late VALUES (1, 'a'); TRUNCATE late; ALTER TABLE late ADD more int FIRST");
    await other.query("INSERT INTO late VALUES (5, 2, 'b')");
    await until(async () => (await w.ids('late')).includes(2), { describe: 'the row of the added table' });
    expect(await target.query('SELECT * FROM late')).toEqual([{ id: 2, note: 'b', more: 5 }]);
    expect(stream.errors).toEqual([]);
  },
);

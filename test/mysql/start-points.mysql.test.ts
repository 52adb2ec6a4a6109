import { createStream, type StartPoint } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  mysqlNames,
  sharedMysql,
  sharedPostgres,
  until,
} from '../harness/index.ts';

const world = async (name: (typeof names)[number]) => {
  const source = await createMysqlDatabase(sharedMysql(name));
  const target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE t (id int PRIMARY KEY)');
  const ids = async () => (await target.query<{ id: number }>('SELECT id FROM t ORDER BY id')).map(({ id }) => id);
  return {
    source,
    stream: (id: string, startFrom: StartPoint) =>
      createStream({
        id,
        source: mysqlSource({ connection: source.url }),
        sink: postgresSink({ connection: target.url, targetSchema: 'public' }),
        tables: ['t'],
        snapshot: 'never',
        startFrom,
      }),
    /** What a stream brings that begins there. */
    async broughtFrom(startFrom: StartPoint, id: string) {
      await target.query('CREATE TABLE IF NOT EXISTS t (id int PRIMARY KEY); TRUNCATE t');
      await using stream = this.stream(id, startFrom);
      await stream.start();
      await until(async () => (await ids()).includes(3), { describe: 'the last row' });
      expect(stream.errors).toEqual([]);
      return ids();
    },
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

const names = mysqlNames();

test.each(names)('a stream from %s begins behind a position, in any of its forms', async (name) => {
  await using w = await world(name);
  await w.source.query('INSERT INTO t VALUES (1)');
  const gtids = name === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_pos';
  const [executed] = await w.source.query<{ gtids: string }>(`SELECT ${gtids} AS gtids`);
  const status = name === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS';
  const [place] = await w.source.query<{ File: string; Position: number }>(status);
  await w.source.query('INSERT INTO t VALUES (2), (3)');
  const set = executed?.gtids.replaceAll('\n', '') ?? '';
  expect(await w.broughtFrom({ position: set }, 'set')).toEqual([2, 3]);
  expect(await w.broughtFrom({ position: `${place?.File}:${place?.Position}` }, 'place')).toEqual([2, 3]);
  await using stream = w.stream('saved', { position: set });
  await stream.start();
  const { position } = stream.stats();
  await stream.stop();
  expect(await w.broughtFrom({ position: position ?? '' }, 'again')).toEqual([2, 3]);
});

test.each(names)('a stream from %s begins at a time', async (name) => {
  await using w = await world(name);
  const now = async () =>
    Number((await w.source.query<{ now: string }>('SELECT UNIX_TIMESTAMP() AS now'))[0]?.now ?? 0);
  await w.source.query('INSERT INTO t VALUES (1)');
  const before = await now();
  // The log of MariaDB says the second only.
  await until(async () => (await now()) > before + 1, { describe: 'a later second' });
  const time = (await now()) * 1_000;
  await w.source.query('INSERT INTO t VALUES (2)');
  await w.source.query('INSERT INTO t VALUES (3)');
  expect(await w.broughtFrom({ timestamp: time }, 'time')).toEqual([2, 3]);
});

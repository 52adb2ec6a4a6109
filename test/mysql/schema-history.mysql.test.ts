import { createStream, type StartPoint } from '@millrace/core';
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

/** A server whose log does not name columns, and a stream from it that can be started anew. */
const world = async (name: MysqlName, metadata = name === 'mysql' ? 'MINIMAL' : 'NO_LOG') => {
  const server = await startMysql({ name, settings: { binlog_row_metadata: metadata } });
  const source = await createMysqlDatabase(server);
  const target = await createDatabase(sharedPostgres());
  return {
    source,
    target,
    stream: (startFrom?: StartPoint) =>
      createStream({
        id: 'history',
        source: mysqlSource({ connection: source.url }),
        sink: postgresSink({ connection: target.url, targetSchema: 'public' }),
        tables: ['t'],
        snapshot: 'never',
        ...(startFrom === undefined ? {} : { startFrom }),
      }),
    rows: () => target.query('SELECT * FROM t ORDER BY id'),
    [Symbol.asyncDispose]: async () => {
      await target[Symbol.asyncDispose]();
      await server.stop();
    },
  };
};

test.each(mysqlNames())(
  'rows of %s are read by the schema in force when they were written, over restarts',
  async (name) => {
    await using w = await world(name);
    const { source, target } = w;
    await source.query('CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b varchar(20))');
    await target.query('CREATE TABLE t (id int PRIMARY KEY, a text, b text, c text)');
    const count = async () => (await w.rows()).length;
    {
      await using stream = w.stream();
      await stream.start();
      await source.query("INSERT INTO t VALUES (1, 'a1', 'b1')");
      await source.query('ALTER TABLE t MODIFY b varchar(20) AFTER id');
      await source.query("INSERT INTO t VALUES (2, 'b2', 'a2')");
      await until(async () => (await count()) === 2, { describe: 'rows on both sides of the first statement' });
      await stream.stop();
    }
    // While nobody reads: rows of three shapes.
    await source.query("INSERT INTO t VALUES (3, 'b3', 'a3')");
    await source.query('ALTER TABLE t MODIFY a varchar(20) AFTER id, ADD c varchar(20) FIRST');
    await source.query("INSERT INTO t VALUES ('c4', 4, 'a4', 'b4')");
    await source.query('ALTER TABLE t DROP c, ADD c varchar(20)');
    await source.query("INSERT INTO t VALUES (5, 'a5', 'b5', 'c5')");
    {
      await using stream = w.stream();
      await stream.start();
      await until(async () => (await count()) === 5, { describe: 'rows of every shape' });
      // The statement is the last thing that this run hears of.
      await source.query(
        'RENAME TABLE t TO old; CREATE TABLE t (id int PRIMARY KEY, c varchar(20), b varchar(20), a varchar(20))',
      );
      await source.query('CREATE VIEW v AS SELECT 1 AS one');
      await stream.stop();
    }
    {
      await using stream = w.stream();
      await stream.start();
      await source.query("INSERT INTO t VALUES (6, 'c6', 'b6', 'a6')");
      await source.query("INSERT INTO old VALUES (7, 'no', 'no', 'no')");
      await until(async () => (await count()) === 6, { describe: 'the row of the new table' });
      expect(stream.errors).toEqual([]);
    }
    // The first column c is not the one that came by its name.
    const named = (await w.rows()).map(({ 'c (dropped)': former, ...row }) => ({ ...row, former }));
    expect(named).toEqual([
      { id: 1, a: 'a1', b: 'b1', c: null, former: null },
      { id: 2, a: 'a2', b: 'b2', c: null, former: null },
      { id: 3, a: 'a3', b: 'b3', c: null, former: null },
      { id: 4, a: 'a4', b: 'b4', c: null, former: 'c4' },
      { id: 5, a: 'a5', b: 'b5', c: 'c5', former: null },
      { id: 6, a: 'a6', b: 'b6', c: 'c6', former: null },
    ]);
  },
  120_000,
);

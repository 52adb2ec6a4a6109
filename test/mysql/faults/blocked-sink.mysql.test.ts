import { createStream } from '@millrace/core';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { mysqlSourceWith } from '../../../packages/mysql-source/src/mysql-source.ts';
import {
  createDatabase,
  createMysqlDatabase,
  differences,
  type MysqlProcess,
  mysqlNames,
  sharedPostgres,
  startMysql,
  until,
} from '../../harness/index.ts';

const rows = 60;

test.each(mysqlNames())(
  '%s gives up a stream whose sink is blocked for longer than it waits: the stream reconnects and loses nothing',
  { timeout: 90_000 },
  async (name) => {
    await using server = await startMysql({ name, settings: { sync_binlog: '0' } });
    await using source = await createMysqlDatabase(server);
    await using target = await createDatabase(sharedPostgres());
    await source.query('CREATE TABLE t (id int PRIMARY KEY, filler longtext)');
    await using stream = createStream({
      id: 'blocked',
      source: mysqlSourceWith({ connection: source.url }, 1),
      sink: postgresSink({ connection: target.url, targetSchema: 'public' }),
      tables: ['t'],
      snapshot: 'never',
      queue: { maxBytes: 2_000_000 },
    });
    await stream.start();
    const blocker = await target.connect();
    await blocker.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
    // More than all buffers on the way hold.
    for (let id = 1; id <= rows; id++)
      await source.query("INSERT INTO t VALUES (?, CONCAT(?, REPEAT('x', 1000000)))", [id, id]);
    // A stream that does not read does not notice.
    const isDump = ({ command }: MysqlProcess) => command.startsWith('Binlog Dump');
    await until(async () => !(await source.processes()).some(isDump), {
      describe: 'the server to give up the stream',
      timeout: 30_000,
    });
    await blocker.query('ROLLBACK');
    const count = async () => (await target.query<{ n: number }>('SELECT count(*)::int AS n FROM t'))[0]?.n;
    await until(async () => (await count()) === rows, { describe: 'every row', timeout: 60_000 });
    expect(await differences(source, target, ['t'])).toEqual([]);
    expect(stream.errors.map(({ code }) => code)).toContain('CONNECTION_LOST');
    expect(stream.status).toBe('running');
  },
);

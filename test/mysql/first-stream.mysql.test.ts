import { createStream } from '@millrace/core';
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

test.each(mysqlNames())('a stream from %s follows inserts, updates, deletes and truncates', async (name) => {
  await using source = await createMysqlDatabase(sharedMysql(name));
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE users (id int PRIMARY KEY, email varchar(50), note text, at datetime(6))');
  await using stream = createStream({
    id: 'first',
    source: mysqlSource({ connection: source.url }),
    sink: postgresSink({ connection: target.url, targetSchema: 'public' }),
    tables: ['users'],
    snapshot: 'never',
  });
  await stream.start();
  const many = Array.from(
    { length: 1_000 },
    (_, n) => `(${n + 1}, 'user${n + 1}', NULL, '2026-01-02 03:04:05.123456')`,
  );
  await source.query(`INSERT INTO users VALUES ${many.join(',')}`);
  await source.query("UPDATE users SET note = 'x' WHERE id <= 10");
  await source.query('UPDATE users SET id = -id WHERE id = 20');
  await source.query('DELETE FROM users WHERE id > 900');
  const count = async () => (await target.query<{ n: number }>('SELECT count(*)::int AS n FROM users'))[0]?.n;
  await until(async () => (await count()) === 900, { describe: 'the rows' });
  expect(await target.query('SELECT id, email, note, at::text FROM users ORDER BY id LIMIT 3')).toEqual([
    { id: -20, email: 'user20', note: null, at: '2026-01-02 03:04:05.123456' },
    { id: 1, email: 'user1', note: 'x', at: '2026-01-02 03:04:05.123456' },
    { id: 2, email: 'user2', note: 'x', at: '2026-01-02 03:04:05.123456' },
  ]);
  await stream.pause();
  await source.query('TRUNCATE users');
  await source.query("INSERT INTO users (id, email) VALUES (1, 'new')");
  await stream.resume();
  await until(async () => (await count()) === 1, { describe: 'the new row' });
  expect(stream.errors).toEqual([]);
});

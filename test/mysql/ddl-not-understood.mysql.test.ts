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

test.each(mysqlNames())(
  'a stream from %s that met DDL it does not understand goes on by what the log says',
  async (name) => {
    await using source = await createMysqlDatabase(sharedMysql(name));
    await using target = await createDatabase(sharedPostgres());
    await source.query('CREATE TABLE users (id int PRIMARY KEY, email varchar(50))');
    const options = {
      id: 'ddl',
      source: mysqlSource({ connection: source.url }),
      sink: postgresSink({ connection: target.url, targetSchema: 'public' }),
      tables: ['users'],
      snapshot: 'never',
    } as const;
    await using stream = createStream(options);
    await stream.start();
    await source.query("INSERT INTO users (id, email) VALUES (1, 'a'), (2, 'b')");
    await source.query(
      'ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4, DEFAULT CHARACTER SET utf8mb4, ADD note varchar(5)',
    );
    await source.query("UPDATE users SET email = 'c', note = 'n' WHERE id = 1");
    await expect(stream.done).rejects.toMatchObject({ code: 'DDL_NOT_UNDERSTOOD' });
    const { position } = stream.stats();
    await stream.delete();
    await target.query('ALTER TABLE users ADD note varchar(5)');

    await using next = createStream({ ...options, startFrom: { position: position ?? '' } });
    await next.start();
    await source.query("INSERT INTO users (id, email) VALUES (3, 'd')");
    const rows = () => target.query('SELECT id, email, note FROM users ORDER BY id');
    await until(async () => (await rows()).length === 3, { describe: 'the rows' });
    expect(await rows()).toEqual([
      { id: 1, email: 'c', note: 'n' },
      { id: 2, email: 'b', note: null },
      { id: 3, email: 'd', note: null },
    ]);
    await next.stop();
  },
);

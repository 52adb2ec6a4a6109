import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, sharedPostgres, tableRows, uniqueName, until } from '../harness/index.ts';

test('a table that is captured but not published is never silently missing', { timeout: 60_000 }, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY)');
  await source.query('CREATE PUBLICATION tables FOR TABLE users');
  await using stream = createStream({
    id: 'tables',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'tables' }),
    sink: postgresSink({ connection: target.url }),
    tables: ['public.users'],
  });
  await stream.start();
  const incomplete = { code: 'PUBLICATION_INCOMPLETE', details: { tables: ['public.orders'] } };
  await expect(stream.update({ tables: ['public.users', 'public.orders'] })).rejects.toMatchObject(incomplete);
  expect(stream.status).toBe('failed-permanently');
  await source.query('ALTER PUBLICATION tables ADD TABLE orders');
  await stream.recover('retry');
  await source.query('INSERT INTO orders VALUES (1)');
  const orders = () => tableRows(target, 'orders').catch(() => []);
  await until(async () => (await orders()).length === 1, { describe: 'the order' });

  await stream.pause();
  await source.query('ALTER PUBLICATION tables DROP TABLE orders');
  await expect(stream.resume()).rejects.toMatchObject(incomplete);
});

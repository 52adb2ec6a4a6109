import { setTimeout } from 'node:timers/promises';
import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, until } from '../harness/index.ts';

test.each(postgresVersions())(
  'a stream from PostgreSQL %i follows inserts, updates, deletes and truncates',
  async (version) => {
    await using source = await createDatabase(sharedPostgres(version));
    await using target = await createDatabase(sharedPostgres(version));
    await source.query('CREATE TABLE users (id int PRIMARY KEY, email text, note text)');
    await source.query('CREATE TABLE log (line text)');
    await using stream = createStream({
      id: 'first',
      source: postgresSource({ connection: source.url, slot: `first_${source.name}`, publication: 'first' }),
      sink: postgresSink({ connection: target.url }),
      tables: ['public.users', { name: 'public.log', operations: ['insert'] }],
      snapshot: 'never',
    });
    await stream.start();
    await source.query("INSERT INTO users SELECT n, 'user' || n, NULL FROM generate_series(1, 1000) n");
    await source.query("UPDATE users SET note = 'x' WHERE id <= 10");
    await source.query('UPDATE users SET id = -id WHERE id = 20');
    await source.query('DELETE FROM users WHERE id > 900');
    await source.query("INSERT INTO log VALUES ('a'), ('a')");
    const rows = (table: string) => `SELECT t::text AS row FROM ${table} t ORDER BY 1`;
    await until(async () => (await target.query(rows('log'))).length === 2, { describe: 'the log' });
    expect(await target.query(rows('users'))).toEqual(await source.query(rows('users')));
    await stream.pause();
    await source.query('TRUNCATE users');
    await source.query("INSERT INTO users VALUES (1, 'new')");
    await stream.resume();
    await until(async () => (await target.query(rows('users'))).length === 1, { describe: 'the new row' });
    await stream.delete();
    expect(await source.query('SELECT * FROM pg_replication_slots WHERE database = current_database()')).toEqual([]);
  },
);

test('stop and pause are quick in the middle of opening and of catching up', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE users (id int PRIMARY KEY, email text)');
  const url = { source: source.url, target: target.url };
  for (const wait of [0, 5, 10, 20, 40, 80, 160]) {
    await using stream = createStream({
      id: 'quick',
      source: postgresSource({ connection: url.source, slot: `quick_${source.name}`, publication: 'quick' }),
      sink: postgresSink({ connection: url.target }),
    });
    void stream.start().catch(() => {});
    await source.query("INSERT INTO users SELECT n, 'x' FROM generate_series(1, 5000) n ON CONFLICT DO NOTHING");
    await source.query('DELETE FROM users');
    await setTimeout(wait);
    const begun = performance.now();
    await stream.stop();
    expect(performance.now() - begun).toBeLessThan(2_000);
  }
});

import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, differences, sharedPostgres, uniqueName, until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

test('rows are told apart by the key that is asked for, in copies and changes', { timeout: 90_000 }, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE users (email text NOT NULL UNIQUE, id int, big text);
    ALTER TABLE users REPLICA IDENTITY FULL; ALTER TABLE users ALTER big SET STORAGE EXTERNAL;
    INSERT INTO users SELECT g || '@x', g, repeat(md5(g::text), 90) FROM generate_series(1, 2000) g;
    CREATE TABLE other (id int PRIMARY KEY, code text NOT NULL UNIQUE); ALTER TABLE other REPLICA IDENTITY FULL`);
  const slot = uniqueName('slot');
  const create = (): Stream =>
    createStream({
      id: 'key',
      source: postgresSource({ connection: source.url, slot, publication: 'key' }),
      sink: postgresSink({ connection: target.url }),
      tables: [
        { name: 'public.users', key: ['email'] },
        { name: 'public.other', key: ['code'] },
      ],
      copy: { maxBytes: 64 * 1024 },
    });
  const first = create();
  // With a key of its own the table is copied in pieces, beside its changes.
  const { items } = await first.validate();
  expect(items.filter(({ state }) => state === 'failed').map(({ code }) => code)).not.toContain('COPY_NOT_RESUMABLE');
  await first.start();
  for (let round = 0; round < 10; round++)
    await source.query(`UPDATE users SET id = id + 1 WHERE id % 10 = ${round};
      UPDATE users SET email = 'new ' || email WHERE id % 97 = ${round}; DELETE FROM users WHERE id % 89 = ${round}`);
  await live(first);
  await first.stop();
  await source.query(`UPDATE users SET id = NULL WHERE id < 50; UPDATE users SET email = 'moved ' || email WHERE id > 1990;
    INSERT INTO other VALUES (1, 'a'), (2, 'b'); UPDATE other SET id = id + 10; UPDATE other SET code = 'c' WHERE code = 'b'`);
  await using again = create();
  await again.start();
  const tables = ['users', 'other'];
  await until(async () => (await differences(source, target, tables)).length === 0, {
    describe: 'the target to equal its source',
    timeout: 20_000,
  });
  expect(await target.query(`SELECT indexdef FROM pg_indexes WHERE tablename = 'other'`)).toEqual([
    { indexdef: expect.stringContaining('(code)') },
  ]);
  expect([...first.errors, ...again.errors]).toEqual([]);
});

test('a key by which rows could be missed or mixed up is refused', { timeout: 60_000 }, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query('CREATE TABLE users (id int PRIMARY KEY, email text, name text)');
  const refused = (key: readonly string[]) =>
    createStream({
      id: 'key',
      source: postgresSource({ connection: source.url, slot: uniqueName('slot') }),
      sink: postgresSink({ connection: target.url }),
      tables: [{ name: 'users', key }],
    })
      .start()
      .then(
        () => 'started',
        (error: Error) => error.message,
      );
  expect(await refused(['mail'])).toContain('KEY_NOT_POSSIBLE: public.users has no column "mail" for its key');
  expect(await refused(['id', 'email'])).toContain('ALTER TABLE "public"."users" REPLICA IDENTITY FULL;');
  await source.query('ALTER TABLE users REPLICA IDENTITY FULL');
  expect(await refused(['email'])).toContain('ALTER COLUMN "email" SET NOT NULL');
  await source.query('ALTER TABLE users ALTER email SET NOT NULL');
  expect(await refused(['email'])).toContain('CREATE UNIQUE INDEX CONCURRENTLY ON "public"."users" ("email");');
});

import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, sharedPostgres, uniqueName, until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

test('a table changes that has other names at the target, and columns that are left out and masked', {
  timeout: 90_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE users (id int PRIMARY KEY, email text, secret text, phone text);
    INSERT INTO users SELECT g, g || '@x', 'hidden', '555-' || g FROM generate_series(1, 50) g`);
  const slot = uniqueName('slot');
  const create = () =>
    createStream({
      id: 'evolving',
      source: postgresSource({ connection: source.url, slot, publication: 'evolving' }),
      sink: postgresSink({
        connection: target.url,
        tables: { 'public.users': { name: 'crm.people', columns: { email: 'mail' } } },
      }),
      tables: [{ name: 'public.users', exclude: ['secret'], mask: { phone: { truncate: 3 }, email: 'redact' } }],
      schemaChanges: 'evolve',
    });
  const first = create();
  const said: string[] = [];
  first.on('schema', ({ message }) => said.push(message));
  await first.start();
  await live(first);
  let updates = 0;
  const follow = async (sql: string, columns: string) => {
    await source.query(sql);
    await source.query('UPDATE users SET secret = $1 WHERE id = 1', [`s${updates}`]);
    await source.query('INSERT INTO users (id) VALUES ($1)', [1_000 + ++updates]);
    const isThere = async () => (await target.query('SELECT FROM crm.people WHERE id = $1', [1_000 + updates])).length;
    await until(async () => (await isThere()) === 1, { describe: `what comes after ${sql}`, timeout: 20_000 });
    const names = `SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attname) AS columns
      FROM pg_attribute WHERE attrelid = 'crm.people'::regclass AND attnum > 0 AND NOT attisdropped`;
    expect(await target.query(names)).toEqual([{ columns }]);
  };
  await follow(`ALTER TABLE users ADD note text DEFAULT 'n'`, 'id integer, mail text, note text, phone text');
  await follow('ALTER TABLE users ALTER secret TYPE varchar(9)', 'id integer, mail text, note text, phone text');
  await first.stop();
  await using stream = create();
  stream.on('schema', ({ message }) => said.push(message));
  await source.query('ALTER TABLE users ALTER phone TYPE varchar(30)');
  await stream.start();
  await follow('SELECT', 'id integer, mail text, note text, phone character varying(30)');
  await until(() => stream.backfills.every(({ state }) => state !== 'active' && state !== 'pending'), {
    describe: 'copies to end',
  });
  expect(await target.query('SELECT DISTINCT mail, note, phone FROM crm.people WHERE id <= 50')).toEqual([
    { mail: '***', note: 'n', phone: '555' },
  ]);
  expect(said.join()).toContain('column "note" text added');
  expect(said.join()).not.toContain('secret');
  expect([...first.errors, ...stream.errors]).toEqual([]);
});

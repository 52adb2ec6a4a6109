import type { Stream } from '@millrace/core';
import { expect, test } from 'vitest';
import { until } from '../harness/index.ts';
import { worldOf } from './query-world.ts';

const started = (stream: Stream): Promise<string> =>
  stream.start().then(
    () => 'started',
    (error: Error) => error.message,
  );

test('what is no query, or makes no table, is refused before anything is made', { timeout: 60_000 }, async () => {
  await using world = await worldOf();
  const { source, target, stream } = world;
  const refused = (entry: object, more: object = {}) => started(stream({ tables: ['public.users', entry], ...more }));
  const of = (query: string, more: object = {}) => refused({ name: 'public.made', query, ...more });
  expect(await of('SELECT 1 AS a FRM x')).toMatch(/QUERY_NOT_POSSIBLE: .*public.made.*SQLSTATE 42601.*at character 15/);
  expect(await of('SELECT 1 AS a;')).toContain('SQLSTATE 42601');
  expect(await of('SELECT 1 AS a) q; DELETE FROM public.users; SELECT * FROM (SELECT 1')).toContain('SQLSTATE 42601');
  expect(await of('SELECT id FROM users')).toMatch(
    /relation "users" does not exist.*Fix: name tables.*with their schema/s,
  );
  expect(await of('SELECT 1 AS a, 2 AS b, 3 AS a')).toContain('more than one of its columns is called "a"');
  expect(await of('SELECT FROM public.users')).toContain('it has no columns');
  expect(await of('SELECT id FROM public.users', { key: ['id', 'nmae'] })).toContain(
    'it has no column "nmae" for its key',
  );
  expect(await of('DELETE FROM public.users RETURNING id')).toContain('QUERY_NOT_POSSIBLE');
  expect(await of('WITH d AS (DELETE FROM public.users RETURNING id) SELECT id FROM d')).toContain(
    'QUERY_NOT_POSSIBLE',
  );
  expect(await of('SELECT id FROM public.users FOR UPDATE')).toContain('it does more than to read');
  const taken = await refused({ name: 'public.orders', query: 'SELECT id FROM public.users' });
  expect(taken).toContain('a table of the source has this name');
  // Both at once.
  const two = await started(
    stream({ tables: ['SELECT', 'FROM'].map((query, at) => ({ name: `public.q${at}`, query: `${query} no` })) }),
  );
  expect(two).toMatch(/q0.*q1/s);
  expect(await source.query('SELECT FROM pg_replication_slots WHERE slot_name = $1', [world.slot])).toEqual([]);
  expect(await target.query("SELECT FROM pg_tables WHERE tablename = 'made'")).toEqual([]);
  expect(await source.query('SELECT FROM users')).toHaveLength(300);
});

test('a query that fails only when it is run ends the stream, and nothing of it is there', {
  timeout: 60_000,
}, async () => {
  await using world = await worldOf();
  const { source, target } = world;
  await source.query(
    `CREATE FUNCTION add(int) RETURNS int LANGUAGE sql AS 'INSERT INTO public.users VALUES ($1 + 1000, $$x$$) RETURNING id'`,
  );
  const failing = async (query: string, key?: readonly string[]) => {
    await using stream = world.stream({
      tables: ['public.users', { name: 'public.made', query, ...(key && { key }) }],
    });
    await stream.start();
    await until(() => stream.status === 'failed-permanently', { describe: 'the stream to fail' });
    expect(await target.query('SELECT FROM made')).toEqual([]);
    await stream.delete();
    await target.query('DROP TABLE made, users');
    return stream.errors.at(-1);
  };
  expect(await failing('SELECT public.add(id) AS id FROM public.users')).toMatchObject({
    code: 'QUERY_NOT_POSSIBLE',
    message: expect.stringContaining('it does more than to read'),
  });
  const divided = await failing('SELECT 1 / (id - 299) AS id, name FROM public.users');
  expect(divided).toMatchObject({ code: 'QUERY_NOT_POSSIBLE', message: expect.stringContaining('SQLSTATE 22012') });
  const key = ['user_id', 'note'];
  const equal = await failing('SELECT user_id, 1 AS note FROM public.orders', key);
  expect(equal?.message).toContain('rows of it are equal, or NULL, in its key ("user_id", "note")');
  const empty = await failing('SELECT user_id, NULL::int AS note FROM public.orders WHERE id = 1', key);
  expect(empty?.message).toContain('equal, or NULL');
});

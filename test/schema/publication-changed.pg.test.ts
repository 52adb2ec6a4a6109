import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, differences, postgresVersions, sharedPostgres, uniqueName, until } from '../harness/index.ts';
import { evolving } from './evolving.ts';

const schema = 'CREATE TABLE items (id int PRIMARY KEY, n int); INSERT INTO items VALUES (0, 0)';

test.each(postgresVersions())(
  'a table that was taken out of the publication and put back is copied anew, on PostgreSQL %i',
  { timeout: 60_000 },
  async (version) => {
    const server = sharedPostgres(version);
    await using world = await evolving({ schema, servers: { source: server } });
    const { source, stream } = world;
    const changeUnseen = async (id: number) => {
      await source.query('ALTER PUBLICATION evolving DROP TABLE items');
      await source.query(`INSERT INTO items VALUES (${id}, 1)`);
      await source.query('DELETE FROM items WHERE id = 0');
      await source.query('ALTER PUBLICATION evolving ADD TABLE items');
    };
    await changeUnseen(1);
    await until(() => world.copies === 1, { describe: 'the copy', timeout: 15_000 });
    expect(await world.settle()).toEqual([]);
    await stream.pause();
    await changeUnseen(2);
    await stream.resume();
    await until(() => world.copies === 2, { describe: 'the copy', timeout: 15_000 });
    expect(await world.settle()).toEqual([]);
    expect(world.said).toHaveLength(2);
  },
);

test('the same with an event trigger, which tells of other changes', { timeout: 60_000 }, async () => {
  await using world = await evolving({ schema, ddl: 'event-trigger' });
  const { source } = world;
  await source.query('ALTER TABLE items ADD m int DEFAULT 5');
  expect(await world.settle()).toEqual([]);
  await source.query('ALTER PUBLICATION evolving DROP TABLE items');
  await source.query('INSERT INTO items VALUES (1, 1)');
  await source.query('ALTER PUBLICATION evolving ADD TABLE items');
  await until(() => world.copies === 1, { describe: 'the copy', timeout: 40_000 });
  expect(await world.settle()).toEqual([]);
});

const streaming = async (prepare: string) => {
  const source = await createDatabase(sharedPostgres());
  const target = await createDatabase(sharedPostgres());
  await source.query(`${schema}; CREATE TABLE others (id int PRIMARY KEY); ${prepare}`);
  const stream = createStream({
    id: 'published',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'published' }),
    sink: postgresSink({ connection: target.url }),
    tables: ['public.items', 'public.others'],
  });
  await stream.start();
  const isThere = () => stream.state.status === 'running' && stream.state.snapshot === null;
  await until(isThere, { describe: 'the first copy' });
  return {
    source,
    target,
    stream,
    async [Symbol.asyncDispose]() {
      await stream.stop();
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

test('a table that is taken out of a publication of the stream is put back and copied anew', {
  timeout: 60_000,
}, async () => {
  await using world = await streaming('SELECT 1');
  const { source, target } = world;
  await source.query('ALTER PUBLICATION published DROP TABLE items');
  await source.query('INSERT INTO items VALUES (1, 1)');
  await until(async () => (await differences(source, target, ['items'])).length === 0, {
    describe: 'the row that was not published',
    timeout: 40_000,
  });
});

test.each(['ALTER PUBLICATION published DROP TABLE items', "ALTER PUBLICATION published SET (publish = 'insert')"])(
  'a stream ends whose publication is made to lack something: %s',
  { timeout: 60_000 },
  async (without) => {
    await using world = await streaming('CREATE PUBLICATION published FOR TABLE items, others');
    const { source, stream } = world;
    await source.query(without);
    await until(() => stream.status === 'failed-permanently', { describe: 'the end', timeout: 30_000 });
    expect(stream.state).toMatchObject({ error: { code: 'PUBLICATION_INCOMPLETE' } });
  },
);

import type { Checkpoint, TableProgress } from '@millrace/core';
import { expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
} from '../../../../../test/harness/index.ts';
import { postgresSink } from '../postgres-sink.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const signal = new AbortController().signal;
const merged: TableProgress = { state: 'catching-up', from: '0/5', ranges: [], through: '0/5' };

/** The stream at `0/3` and its side stream at `0/5`. */
const prepared = async (database: TestDatabase) => {
  const main = new SinkUnderTest({ connection: database.url });
  await main.open();
  await main.write([], '0/3');
  const side = postgresSink({ connection: database.url }).side?.('1');
  if (side === undefined) throw new Error('no side streams');
  const opened = await side.open(main.context());
  const move = async (position: string): Promise<Checkpoint> => {
    const checkpoint = { ...(opened as Checkpoint), position };
    await side.saveCheckpoint?.(checkpoint, signal);
    return checkpoint;
  };
  const merge = (at: Checkpoint) =>
    main.sink.mergeSide?.({ ...main.checkpoint, tables: { 'public.t': merged } }, at, signal);
  const rows = () => database.query('SELECT sink, position, tables FROM millrace.checkpoint ORDER BY sink');
  const close = () => Promise.all([main.sink.close(), side.close()]);
  return { main, side, move, merge, rows, [Symbol.asyncDispose]: async () => void (await close()) };
};

it.each(postgresVersions())(
  'one transaction makes a side stream part of the stream (PostgreSQL %i)',
  async (version) => {
    await using database = await createDatabase(sharedPostgres(version));
    await using world = await prepared(database);
    const side = await world.move('0/5');
    await world.merge(side);
    expect(await world.rows()).toEqual([{ sink: 'postgres', position: '0/3', tables: { 'public.t': merged } }]);
    // What the side would still write belongs to nobody.
    await expect(world.move('0/6')).rejects.toMatchObject({ code: 'FENCED' });
  },
);

it('a side stream that has moved meanwhile is not merged, and nothing is changed', async () => {
  await using database = await createDatabase(sharedPostgres());
  await using world = await prepared(database);
  const side = await world.move('0/5');
  await world.move('0/6');
  const before = await world.rows();
  expect(before.map(({ position }) => position)).toEqual(['0/3', '0/6']);
  await expect(world.merge(side)).rejects.toMatchObject({ code: 'SIDE_MOVED' });
  expect(await world.rows()).toEqual(before);
});

it('who does not own the stream any more merges nothing', async () => {
  await using database = await createDatabase(sharedPostgres());
  await using world = await prepared(database);
  const side = await world.move('0/5');
  await using other = new SinkUnderTest({ connection: database.url });
  await other.open();
  const before = await world.rows();
  await expect(world.merge(side)).rejects.toMatchObject({ code: expect.stringMatching(/FENCED|CONNECTION/) });
  expect(await world.rows()).toEqual(before);
});

import type { RangeProgress, TableProgress } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  openSockets,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  until,
} from '../../../../../test/harness/index.ts';
import { transaction } from '../../testing/changes.ts';
import { chunkOf } from '../../testing/chunks.ts';
import { createItems, items } from '../testing/apply-paths.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const item = (id: number) => ({ id: String(id), code: `c${id}`, note: 'copied' });
const ids = async (database: TestDatabase) =>
  (await database.query<{ id: number }>('SELECT id FROM items ORDER BY id')).map(({ id }) => id);
const ranges = (database: TestDatabase) => database.query('SELECT * FROM millrace.copy_range ORDER BY range_from');

const first = { from: null, to: "block '5'" };
const second = { from: "block '5'", to: null };
const range = (parts: Partial<RangeProgress>): RangeProgress => ({
  table: 'public.items',
  range: first,
  cursor: null,
  done: false,
  rows: 0,
  ...parts,
});
const copying: TableProgress = {
  state: 'copying',
  from: '0/1',
  ranges: [range({}), range({ range: second })],
  through: null,
};
const { signal } = new AbortController();

describe.each(postgresVersions())('the progress of copies at PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  const opened = async (database: TestDatabase, name = 'postgres') => {
    await database.query(createItems.replace('TABLE', 'TABLE IF NOT EXISTS'));
    const sink = new SinkUnderTest({ connection: database.url, name });
    await sink.open({ relations: [items] });
    return sink;
  };

  /** Holds chunks back behind their rows, before their progress. */
  const holdProgress = async (database: TestDatabase) => {
    const holder = await database.connect();
    await holder.query('BEGIN; LOCK TABLE millrace.copy_range IN EXCLUSIVE MODE');
    return holder;
  };
  const waiting = (database: TestDatabase, table: string) =>
    until(
      async () =>
        (await database.query('SELECT FROM pg_locks WHERE NOT granted AND relation = $1::regclass', [table])).length >
        0,
      { describe: `a chunk that waits for ${table}` },
    );

  it('is committed with the rows, and found by the next connection', async () => {
    await using database = await createDatabase(server);
    await using sink = await opened(database);
    await sink.saveTables({ 'public.items': copying });
    await sink.writeChunk(chunkOf(items, [item(1)], { ...range({ cursor: 'block 2', rows: 1 }) }));
    await sink.writeChunk(chunkOf(items, [item(2)], { ...range({ cursor: null, done: true, rows: 2 }) }));
    await sink.writeChunk(chunkOf(items, [], { ...range({ range: second, cursor: 'block 7' }) }));
    const merged = [range({ done: true, rows: 2 }), range({ range: second, cursor: 'block 7' })];
    const tables = { 'public.items': { ...copying, ranges: merged } };
    expect(await sink.sink.readCheckpoint?.('test', signal)).toMatchObject({ tables });
    expect(await sink.reopen({ relations: [items] })).toMatchObject({ epoch: 2, tables });
    expect(await ids(database)).toEqual([1, 2]);
    // Another stream's or sink's is none of its business.
    await using other = await opened(database, 'other');
    await other.saveTables({ 'public.items': copying });
    expect(await other.reopen()).toMatchObject({ tables: { 'public.items': copying } });
  });

  it('is nothing without the rows, nor they without it: a connection that is ended between the two', async () => {
    await using database = await createDatabase(server);
    await using sink = await opened(database);
    await sink.saveTables({ 'public.items': copying });
    const holder = await holdProgress(database);
    const chunk = chunkOf(items, [item(1)], { ...range({ cursor: 'block 2', rows: 1 }) });
    const writing = sink.writeChunk(chunk).catch((error) => error);
    await waiting(database, 'millrace.copy_range');
    await database.query(`SELECT pg_terminate_backend(pid) FROM pg_locks
      WHERE NOT granted AND relation = 'millrace.copy_range'::regclass`);
    expect(await writing).toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
    await holder.query('COMMIT');
    expect(await ids(database)).toEqual([]);
    expect(await sink.reopen({ relations: [items] })).toMatchObject({ tables: { 'public.items': copying } });
    await sink.writeChunk(chunk);
    expect(await ids(database)).toEqual([1]);
  });

  it('keeps a chunk under way at a takeover from being committed', async () => {
    await using database = await createDatabase(server);
    await using old = await opened(database);
    const holder = await holdProgress(database);
    const writing = old.writeChunk(chunkOf(items, [item(1)])).catch((error) => error);
    await waiting(database, 'millrace.copy_range');
    // Nothing says that tables are being copied, so that the takeover does not look for its connections.
    await database.query('UPDATE millrace.checkpoint SET backend_pid = NULL');
    await using current = new SinkUnderTest({ connection: database.url });
    expect(await current.open()).toMatchObject({ epoch: 2 });
    await holder.query('COMMIT');
    expect(await writing).toMatchObject({ code: 'FENCED', recovery: 'operator' });
    expect(await ids(database)).toEqual([]);
    expect(await ranges(database)).toEqual([]);
    await expect(old.writeChunk(chunkOf(items, [item(1)]))).rejects.toMatchObject({ code: 'FENCED' });
    await current.writeChunk(chunkOf(items, [item(2)]));
    expect(await ids(database)).toEqual([2]);
  });

  it('is ended by a takeover while a COPY is running, so that its rows are in nobody’s way', async () => {
    await using database = await createDatabase(server);
    await using old = await opened(database);
    await old.saveTables({ 'public.items': copying });
    const holder = await database.connect();
    await holder.query('BEGIN; LOCK TABLE items IN SHARE MODE');
    const writing = old.writeChunk(chunkOf(items, [item(1)])).catch((error) => error);
    await waiting(database, 'items');
    await using current = new SinkUnderTest({ connection: database.url });
    expect(await current.open()).toMatchObject({ epoch: 2, tables: { 'public.items': copying } });
    expect(await writing).toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
    await holder.query('COMMIT');
    await current.writeChunk(chunkOf(items, [item(1)]));
    expect(await ids(database)).toEqual([1]);
  });

  it('is removed with the checkpoint that says that the copy is complete, given up or begun anew', async () => {
    await using database = await createDatabase(server);
    await using sink = await opened(database);
    const catchingUp: TableProgress = { ...copying, state: 'catching-up', ranges: [], through: '0/9' };
    await sink.saveTables({ 'public.items': copying, 'public.other': copying });
    await sink.writeChunk(chunkOf(items, [item(1)], { ...range({ done: true }) }));
    await sink.saveTables({ 'public.items': copying, 'public.other': { ...copying, ranges: [] } });
    expect(await ranges(database)).toHaveLength(1);
    await sink.saveTables({ 'public.items': catchingUp, 'public.other': copying });
    expect(await ranges(database)).toEqual([]);
    expect(await sink.reopen()).toMatchObject({ tables: { 'public.items': catchingUp } });
    for (const next of [{}, { 'public.items': { ...copying, state: 'pending' as const, ranges: [] } }]) {
      await sink.saveTables({ 'public.items': copying });
      await sink.writeChunk(chunkOf(items, [item(1)], { ...range({ done: true }) }));
      await sink.saveTables(next);
      expect(await ranges(database)).toEqual([]);
    }
  });

  it('is removed with the checkpoint itself, also when somebody deletes that by hand', async () => {
    await using database = await createDatabase(server);
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1)], { ...range({ done: true }) }));
    await using other = await opened(database, 'other');
    await other.writeChunk(chunkOf(items, [item(2)], { ...range({ done: true }) }));
    await sink.sink.deleteCheckpoint?.('test', signal);
    expect(await ranges(database)).toMatchObject([{ sink: 'other' }]);
    await expect(sink.writeChunk(chunkOf(items, [item(3)]))).rejects.toMatchObject({ code: 'FENCED' });
    await database.query('DELETE FROM millrace.checkpoint');
    await other.open();
    expect(await ranges(database)).toEqual([]);
  });

  it('begins anew after a copy was discarded: neither rows nor ranges are left', async () => {
    await using database = await createDatabase(server);
    await using sink = await opened(database);
    await sink.saveTables({
      'public.items': { ...copying, ranges: [range({ done: true, rows: 1 })] },
      'public.other': copying,
    });
    await sink.writeChunk(chunkOf(items, [item(1)], { ...range({ done: true }) }));
    await sink.sink.discardCopy?.(items, signal);
    const tables = { 'public.items': { ...copying, state: 'pending', ranges: [] }, 'public.other': copying };
    expect(await ids(database)).toEqual([]);
    expect(await ranges(database)).toEqual([]);
    expect(await sink.sink.readCheckpoint?.('test', signal)).toMatchObject({ tables });
    // What is saved next is compared with what is there.
    await sink.saveTables({ 'public.items': copying, 'public.other': copying });
    expect(await sink.reopen()).toMatchObject({ tables: { 'public.items': copying } });
    await using current = await opened(database);
    await expect(sink.sink.discardCopy?.(items, signal)).rejects.toMatchObject({ recovery: expect.any(String) });
    expect(current.checkpoint.tables).toEqual({ 'public.items': copying, 'public.other': copying });
  });

  it('is discarded with the rows of the table that has another name at the target', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE SCHEMA other; ${createItems.replace('items', 'other.items')}; ${createItems}`);
    await using sink = new SinkUnderTest({ connection: database.url, targetSchema: 'other' });
    await sink.open({ relations: [items] });
    await sink.saveTables({ 'public.items': { ...copying, ranges: [range({ done: true, rows: 1 })] } });
    await sink.writeChunk(chunkOf(items, [item(1)], { ...range({ done: true }) }));
    await database.query("INSERT INTO public.items VALUES (9, 'c9', 'of somebody else')");
    await sink.sink.discardCopy?.(items, signal);
    expect(await database.query('SELECT id FROM other.items')).toEqual([]);
    expect(await ids(database)).toEqual([9]);
    expect(await ranges(database)).toEqual([]);
  });

  it('has its table made beside the checkpoint table of a version that did not copy', async () => {
    await using database = await createDatabase(server);
    await using sink = await opened(database);
    await sink.write(transaction().insert(items, { id: 1, code: null, note: null }).changes);
    await sink.sink.close();
    await database.query('DROP TABLE millrace.copy_range');
    expect(await sink.sink.readCheckpoint?.('test', signal)).toMatchObject({ position: '0/1' });
    expect(await sink.reopen()).toMatchObject({ epoch: 2, position: '0/1' });
    await sink.writeChunk(chunkOf(items, [item(2)]));
    expect(await ranges(database)).toHaveLength(1);
    await sink.sink.close();
    await database.query('DROP TABLE millrace.copy_range; CREATE TABLE millrace.copy_range (mine int)');
    await expect(sink.reopen()).rejects.toMatchObject({ code: 'CHECKPOINT_TABLE_FOREIGN' });
    await database.query('DROP TABLE millrace.copy_range');
    await sink.sink.deleteCheckpoint?.('test', signal);
    expect(await sink.sink.readCheckpoint?.('test', signal)).toBeNull();
  });

  it('is not waited for by a close, which leaves no socket', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    const before = openSockets();
    const sink = await opened(database);
    await Promise.all([1, 2, 3, 4].map((id) => sink.writeChunk(chunkOf(items, [item(id)]))));
    const holder = await holdProgress(database);
    const writing = sink.writeChunk(chunkOf(items, [item(5)], { rows: 5 })).catch((error) => error);
    await waiting(database, 'millrace.copy_range');
    const begun = performance.now();
    await sink.sink.close();
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(await writing).toMatchObject({ code: 'SINK_NOT_OPEN' });
    await expect(sink.writeChunk(chunkOf(items, [item(5)]))).rejects.toMatchObject({ code: 'SINK_NOT_OPEN' });
    await holder.query('COMMIT');
    await holder.end();
    await until(() => openSockets() <= before, { describe: 'no socket' });
    const copiers = `SELECT FROM pg_locks WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    await until(async () => (await database.query(copiers)).length === 0, { describe: 'the end of its connections' });
    // What the server had received it may have committed: both or neither.
    const [range] = await ranges(database);
    expect((await ids(database)).includes(5)).toBe(range?.rows === '5');
  });
});

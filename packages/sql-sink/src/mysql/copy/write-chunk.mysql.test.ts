import type { RangeProgress } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, type MysqlTestDatabase } from '../../../../../test/harness/index.ts';
import { items } from '../../postgres/testing/apply-paths.ts';
import { relationOf } from '../../testing/changes.ts';
import { chunkOf } from '../../testing/chunks.ts';
import { applyPaths, createItems, openSink } from '../testing/apply-paths.ts';

const item = (id: number, code: string | null, note = 'copied') => ({ id: String(id), code, note });
const rows = (database: MysqlTestDatabase, table = 'items') => database.query(`SELECT * FROM ${table} ORDER BY 1`);
const short = async (database: MysqlTestDatabase) =>
  (await database.query('SELECT id, code FROM items ORDER BY 1')).map(({ id, code }) => `${id}${code}`);
const ranges = (database: MysqlTestDatabase) =>
  database.query('SELECT `cursor`, done, `rows` FROM copy_range ORDER BY range_from');

describe.each(applyPaths().filter(({ limits }) => !limits.alwaysSequentially))('rows of a chunk at $name', (path) => {
  const opened = (database: MysqlTestDatabase) => openSink(database, path);

  it('overwrite rows with their keys and leave what is not the stream’s', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`CREATE TABLE items (id int PRIMARY KEY, code varchar(20), note text, extra varchar(9) DEFAULT 'new');
      INSERT INTO items VALUES (2, 'b', 'old', 'kept'), (9, 'i', 'old', 'kept')`);
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1, 'a'), item(2, 'c', 'tab\t\\\n'), item(3, null)]));
    const expected = [
      { id: 1, code: 'a', note: 'copied', extra: 'new' },
      { id: 2, code: 'c', note: 'tab\t\\\n', extra: 'kept' },
      { id: 3, code: null, note: 'copied', extra: 'new' },
      { id: 9, code: 'i', note: 'old', extra: 'kept' },
    ];
    expect(await rows(database)).toEqual(expected);
    // The answer to a chunk was lost: it comes again.
    await sink.writeChunk(chunkOf(items, [item(1, 'a'), item(2, 'c', 'tab\t\\\n'), item(3, null)]));
    expect(await rows(database)).toEqual(expected);
    expect(await ranges(database)).toEqual([{ cursor: null, done: 1, rows: 3 }]);
    expect(sink.events).toEqual([]);
  });

  it.each([
    ['one column', 'UNIQUE (code)'],
    ['several columns', 'UNIQUE (code, note(10)), UNIQUE (code)'],
    ['two indexes', 'UNIQUE (code), UNIQUE (note(10), code)'],
  ])('displace rows of other keys from a unique index over %s', async (_, unique) => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(
      `CREATE TABLE items (id int PRIMARY KEY, code varchar(20), note varchar(20), ${unique.replaceAll('(10)', '')})`,
    );
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1, 'a'), item(2, 'b'), item(3, null), item(4, null)]));
    await sink.writeChunk(chunkOf(items, [item(5, 'a'), item(6, 'c'), item(7, null)]));
    await sink.writeChunk(chunkOf(items, [item(6, 'b'), item(8, 'c')]));
    expect(await short(database)).toEqual(['3null', '4null', '5a', '6b', '7null', '8c']);
  });

  it.each([
    { unique: '', codes: ['1a', '2c', '3a'] },
    { unique: ', UNIQUE (code)', codes: ['2c', '3a'] },
  ])('overwrite rows where the target numbers them by itself, as elsewhere$unique', async ({ unique, codes }) => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`CREATE TABLE items (number int AUTO_INCREMENT PRIMARY KEY, id int NOT NULL UNIQUE,
      code varchar(20), note text${unique})`);
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1, 'a'), item(2, 'b')]));
    await sink.writeChunk(chunkOf(items, [item(3, 'a'), item(2, 'c')]));
    expect(await short(database)).toEqual(codes);
  });

  it('that an index over the beginnings of a column refuses are an error that says what to do', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(
      'CREATE TABLE items (id int PRIMARY KEY, code varchar(20), note text, UNIQUE apart (code(1)))',
    );
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(1, 'ab')]));
    await expect(sink.writeChunk(chunkOf(items, [item(2, 'ac')]))).rejects.toMatchObject({
      code: 'CONSTRAINT_IN_THE_WAY',
      recovery: 'operator',
    });
    await sink.writeChunk(chunkOf(items, [item(3, 'c')]));
    expect(await short(database)).toEqual(['1ab', '3c']);
  });

  it('columns that either side computes are left out', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query('CREATE TABLE sums (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED)');
    const columns = ['id integer!', 'a integer', 'twice integer', 'gone integer='];
    const sums = relationOf({ table: 'sums', columns, key: ['id'] });
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(sums, [{ id: '1', a: '2', twice: '99' }]));
    await sink.writeChunk(chunkOf(sums, [{ id: '1', a: '3', twice: '99' }]));
    expect(await rows(database, 'sums')).toEqual([{ id: 1, a: 3, twice: 6 }]);
  });

  it('are written one at a time where a trigger acts on them', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`${createItems}; CREATE TABLE seen (id int);
      CREATE TRIGGER watch AFTER INSERT ON items FOR EACH ROW INSERT INTO seen VALUES (NEW.id)`);
    await using sink = await opened(database);
    await sink.writeChunk(chunkOf(items, [item(2, 'b'), item(1, 'a'), item(3, 'c')]));
    expect((await database.query('SELECT id FROM seen')).map(({ id }) => id)).toEqual([2, 1, 3]);
  });

  it('a value that does not fit is named by table and column, and nothing of its chunk is there', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query('CREATE TABLE items (id int PRIMARY KEY, code varchar(3), note text)');
    await using sink = await opened(database);
    await expect(sink.writeChunk(chunkOf(items, [item(1, 'abc'), item(2, 'secret')]))).rejects.toMatchObject({
      code: 'VALUE_REJECTED',
      message: expect.not.stringContaining('secret'),
      details: { column: 'code' },
    });
    expect([await rows(database), await ranges(database)]).toEqual([[], []]);
  });

  it('of chunks that cross are all there, whichever was first', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(createItems);
    await using sink = await opened(database);
    const ids = Array.from({ length: 300 }, (_, id) => item(id, `c${id}`));
    const chunks = [ids, [...ids].reverse()].map((some, n) =>
      chunkOf(items, some, { range: { from: String(n), to: String(n + 1) } }),
    );
    await Promise.all(chunks.map((chunk) => sink.writeChunk(chunk)));
    expect(await database.query('SELECT count(*) AS items FROM items')).toEqual([{ items: 300 }]);
    expect(await ranges(database)).toHaveLength(2);
  });

  it('an empty chunk moves its range, and a lost claim nothing', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(createItems);
    await using sink = await opened(database);
    const progress: Partial<RangeProgress> = { cursor: '7', done: false, rows: 9 };
    await sink.writeChunk(chunkOf(items, [], progress));
    expect(await ranges(database)).toEqual([{ cursor: '7', done: 0, rows: 9 }]);
    await database.query('UPDATE checkpoint SET epoch = epoch + 1');
    await expect(sink.writeChunk(chunkOf(items, [item(1, 'a')], { cursor: '8' }))).rejects.toMatchObject({
      code: 'FENCED',
    });
    expect([await rows(database), await ranges(database)]).toEqual([[], [{ cursor: '7', done: 0, rows: 9 }]]);
  });
});

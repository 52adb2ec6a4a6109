import type { Relation, TableProgress } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, type MysqlTestDatabase } from '../../../../../test/harness/index.ts';
import { items } from '../../postgres/testing/apply-paths.ts';
import { AnsweringSource } from '../../testing/answering-source.ts';
import { relationOf, transaction, type Values } from '../../testing/changes.ts';
import { applyPaths, sinkInto } from '../testing/apply-paths.ts';

const { signal } = new AbortController();
const catchingUp: TableProgress = { state: 'catching-up', from: '0/1', ranges: [], through: '0/3' };
const rows = (database: MysqlTestDatabase, table = 'items') => database.query(`SELECT * FROM ${table} ORDER BY 1`);

/** With a second unique key, and without: rows are written in other ways then. */
const forms = ['UNIQUE (code)', 'KEY (code)'];
const paths = applyPaths()
  .filter(({ limits }) => limits.loadedRows === 2)
  .flatMap((path) => forms.map((index) => ({ ...path, index })));

describe.each(paths)('a replay over copied rows at $name, $index', ({ server, limits, index }) => {
  const opened = async (
    database: MysqlTestDatabase,
    source: AnsweringSource | null = null,
    relations: readonly Relation[] = [items],
  ) => {
    const sink = sinkInto(database, limits, { conflict: 'error', missingRow: 'error' });
    await sink.open({ relations, ...(source === null ? {} : { reselect: source.reselect }) });
    await sink.saveTables(Object.fromEntries(relations.map(({ schema, table }) => [`${schema}.${table}`, catchingUp])));
    return sink;
  };
  const withItems = async (...some: readonly Values[]) => {
    const database = await createMysqlDatabase(server);
    await database.query(`CREATE TABLE items (id int PRIMARY KEY, code varchar(20) COLLATE utf8mb4_bin, note varchar(20),
      extra varchar(9) DEFAULT 'new', ${index})`);
    for (const { id, code, note } of some)
      await database.query("INSERT INTO items VALUES (?, ?, ?, 'kept')", [id, code, note]);
    return database;
  };

  it('inserts, updates and deletes what may be there or not, and counts no conflicts', async () => {
    await using database = await withItems({ id: 1, code: 'a', note: 'later' }, { id: 2, code: 'b', note: 'later' });
    await using sink = await opened(database);
    const log = transaction()
      .insert(items, { id: 1, code: 'a', note: 'inserted' })
      .update(items, { id: 3, code: 'c', note: 'updated' })
      .update(items, { id: 2, code: 'b', note: 'updated' })
      .delete(items, { id: 4 })
      .insert(items, { id: 5, code: 'e', note: 'brief' })
      .delete(items, { id: 5 })
      .delete(items, { id: 1 })
      .insert(items, { id: 1, code: null, note: 'again' });
    await sink.replay(log.changes);
    expect(await rows(database)).toEqual([
      { id: 1, code: null, note: 'again', extra: 'new' },
      { id: 2, code: 'b', note: 'updated', extra: 'kept' },
      { id: 3, code: 'c', note: 'updated', extra: 'new' },
    ]);
    expect(sink.events).toEqual([]);
  });

  it('sets what was sent where the row is there, and reads it again where it is not', async () => {
    const source = new AnsweringSource(items, { id: '2', code: 'b2', note: 'whole' });
    await using database = await withItems({ id: 1, code: 'a', note: 'long' });
    await using sink = await opened(database, source);
    const changes = [
      ...transaction('0/2').update(items, { id: 1, code: 'a1' }).update(items, { id: 2, code: 'b1' }).changes,
      ...transaction('0/3').update(items, { id: 3, code: 'c' }).changes,
      ...transaction('0/4').delete(items, { id: 3 }).changes,
    ];
    await sink.replay(changes);
    expect(await rows(database)).toEqual([
      { id: 1, code: 'a1', note: 'long', extra: 'kept' },
      { id: 2, code: 'b2', note: 'whole', extra: 'new' },
    ]);
    const transactions = ['0/2', '0/3', '0/4'];
    expect(source.asked).toEqual(['2', '3'].map((key) => ({ table: 'public.items', key, transactions })));
    expect(source.calls).toBe(1);
    const saved = await sink.sink.readCheckpoint?.('test', signal);
    expect(saved?.tables['public.items']?.through).toBe('0/5');
  });

  it('a key that changes: the former row goes, and is never the donor of the other one', async () => {
    const source = new AnsweringSource(items, { id: '20', code: 'b', note: 'right' });
    await using database = await withItems(
      { id: 1, code: 'a', note: 'wrong' },
      { id: 2, code: 'b', note: 'wrong' },
      { id: 30, code: 'c1', note: 'right' },
    );
    await using sink = await opened(database, source);
    const log = transaction()
      .update(items, { id: 10, code: 'a', note: 'right' }, { id: 1 })
      .update(items, { id: 20, code: 'b' }, { id: 2 })
      .update(items, { id: 30, code: 'c' }, { id: 3 });
    await sink.replay(log.changes);
    expect((await rows(database)).map(({ id, code, note }) => `${id} ${code} ${note}`)).toEqual([
      '10 a right',
      '20 b right',
      '30 c right',
    ]);
  });

  it('truncates of several tables are one step, and other tables go on as ever', async () => {
    const log = relationOf({ table: 'log', columns: ['id integer!', 'n integer'], key: ['id'] });
    await using database = await withItems({ id: 1, code: 'a', note: 'n' });
    await database.query('CREATE TABLE log (id int PRIMARY KEY, n int); INSERT INTO log VALUES (1, 1), (2, 2)');
    await using sink = await opened(database, null, [items, log]);
    const changes = transaction().truncate(items).insert(items, { id: 2, code: 'b', note: 'n' }).delete(log, { id: 1 });
    await sink.writeGroup(changes.changes, new Set(['public.items']));
    expect((await rows(database)).map(({ id }) => id)).toEqual([2]);
    expect(await rows(database, 'log')).toEqual([{ id: 2, n: 2 }]);
  });
});

describe.each(paths.filter(({ index }) => index.startsWith('UNIQUE')))(
  'rows in the way at $name',
  ({ server, limits }) => {
    it('of other keys give way, also for a value that was not sent', async () => {
      const pairs = relationOf({ table: 'pairs', columns: ['id integer!', 'a integer', 'b integer'], key: ['id'] });
      await using database = await createMysqlDatabase(server);
      await database.query(`CREATE TABLE pairs (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));
      INSERT INTO pairs VALUES (1, 1, 1), (2, 1, 2), (3, 3, 3), (4, NULL, 1)`);
      await using sink = sinkInto(database, limits);
      await sink.open({ relations: [pairs] });
      await sink.saveTables({ 'public.pairs': catchingUp });
      const log = transaction()
        .update(pairs, { id: 1, b: 2 })
        .insert(pairs, { id: 5, a: 3, b: 3 })
        .update(pairs, { id: 4, a: 7, b: 7 })
        .insert(pairs, { id: 6, a: null, b: 1 });
      await sink.replay(log.changes);
      expect(await database.query('SELECT * FROM pairs ORDER BY id')).toEqual([
        { id: 1, a: 1, b: 2 },
        { id: 4, a: 7, b: 7 },
        { id: 5, a: 3, b: 3 },
        { id: 6, a: null, b: 1 },
      ]);
      expect(sink.codes.filter((code) => code !== 'SEQUENTIAL_FALLBACK')).toEqual([]);
    });
  },
);

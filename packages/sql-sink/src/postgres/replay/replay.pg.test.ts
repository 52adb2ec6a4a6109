import { describe, expect, it } from 'vitest';
import { createDatabase } from '../../../../../test/harness/index.ts';
import { AnsweringSource } from '../../testing/answering-source.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { applyPaths, items } from '../testing/apply-paths.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';
import { replayingOver, rows } from './replaying.test-support.ts';

describe.each(applyPaths())('a replay over copied rows: $name', (path) => {
  const { server, alwaysSequentially } = path;
  const { opened, withItems } = replayingOver(path);

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

  it('a key that changes: the former row goes, and is never the donor of the other one', async () => {
    const source = new AnsweringSource(items, { id: '20', code: 'b', note: 'right' });
    await using database = await withItems(
      { id: 1, code: 'a', note: 'wrong' },
      { id: 2, code: 'b', note: 'wrong' },
      { id: 3, code: 'c', note: 'wrong' },
      { id: 30, code: 'c1', note: 'right' },
    );
    await using sink = await opened(database, source);
    const log = transaction()
      .update(items, { id: 10, code: 'a', note: 'right' }, { id: 1 })
      .update(items, { id: 20, code: 'b' }, { id: 2 })
      .update(items, { id: 30, code: 'c' }, { id: 3 })
      .update(items, { id: 50, code: 'e' }, { id: 40 });
    await sink.replay(log.changes);
    expect(await rows(database)).toEqual([
      { id: 10, code: 'a', note: 'right', extra: 'new' },
      { id: 20, code: 'b', note: 'right', extra: 'new' },
      { id: 30, code: 'c', note: 'right', extra: 'kept' },
    ]);
    expect(source.asked.map(({ key }) => key)).toEqual(['20', '50']);
  });

  it('a row that holds a value which can only be held once gives way, and comes back with its own change', async () => {
    const source = new AnsweringSource(
      items,
      { id: '1', code: 'y', note: 'back' },
      { id: '4', code: 'z', note: 'read' },
    );
    await using database = await withItems(
      { id: 1, code: 'x', note: 'early' },
      { id: 2, code: 'z', note: 'early' },
      { id: 3, code: 'w', note: 'kept' },
    );
    await using sink = await opened(database, source);
    const log = transaction()
      .insert(items, { id: 5, code: 'x', note: 'n' })
      .update(items, { id: 1, code: 'y' })
      .update(items, { id: 4, code: 'z' })
      .update(items, { id: 3, code: 'x' });
    await sink.replay(log.changes);
    expect((await rows(database)).map(({ id, code, note }) => ({ id, code, note }))).toEqual([
      { id: 1, code: 'y', note: 'back' },
      { id: 3, code: 'x', note: 'kept' },
      { id: 4, code: 'z', note: 'read' },
    ]);
  });

  it('finds rows by what the log identifies them by, not by the primary key', async () => {
    const byCode = relationOf({
      table: 'by_code',
      columns: ['id integer!', 'code text!', 'note text'],
      key: ['code'],
      identity: 'index',
    });
    const source = new AnsweringSource(byCode, { id: '7', code: 'c', note: 'read' });
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE by_code (id int PRIMARY KEY, code text NOT NULL UNIQUE, note text);
      INSERT INTO by_code VALUES (1, 'a', 'a'), (2, 'b', 'b'), (5, 'x', 'x')`);
    await using sink = await opened(database, source, [byCode]);
    const log = transaction()
      .update(byCode, { id: 5, code: 'a' })
      .update(byCode, { id: 7, code: 'c' })
      .insert(byCode, { id: 2, code: 'd', note: 'd' });
    await sink.replay(log.changes);
    expect(await rows(database, 'by_code')).toEqual([
      { id: 2, code: 'd', note: 'd' },
      { id: 5, code: 'a', note: 'a' },
      { id: 7, code: 'c', note: 'read' },
    ]);
  });

  it('a key that is stored out of line is said by the old row', async () => {
    const long = 'k'.repeat(2_500);
    const pairs = relationOf({ table: 'pairs', columns: ['a text!', 'b integer!', 'n integer'], key: ['a', 'b'] });
    const source = new AnsweringSource(pairs, { a: long, b: '3', n: '30' });
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE pairs (a text, b int, n int, PRIMARY KEY (a, b))');
    await database.query('INSERT INTO pairs VALUES ($1, 1, 1), ($1, 2, 2)', [long]);
    await using sink = await opened(database, source, [pairs]);
    const log = transaction()
      .update(pairs, { b: 1, n: 10 }, { a: long, b: 1 })
      .update(pairs, { b: 3, n: 20 }, { a: long, b: 2 });
    await sink.replay(log.changes);
    expect(await database.query('SELECT b, n FROM pairs ORDER BY b')).toEqual([
      { b: 1, n: 10 },
      { b: 3, n: 30 },
    ]);
    expect(source.asked).toHaveLength(1);
  });

  it('truncates of several tables are one step', async () => {
    const log = relationOf({ table: 'log', columns: ['id integer!'], key: ['id'] });
    await using database = await withItems({ id: 1, code: 'a', note: 'n' });
    await database.query('CREATE TABLE log (id int PRIMARY KEY); INSERT INTO log VALUES (1)');
    await using sink = await opened(database, null, [items, log]);
    const changes = transaction().truncate(items).truncate(log).insert(items, { id: 2, code: 'b', note: 'n' }).changes;
    await sink.replay(changes);
    expect((await rows(database)).map(({ id }) => id)).toEqual([2]);
    expect(await rows(database, 'log')).toEqual([]);
  });

  it('applies changes of other tables in the same group as ever', async () => {
    const log = relationOf({ table: 'log', columns: ['id integer!', 'n integer'], key: ['id'] });
    await using database = await withItems({ id: 1, code: 'a', note: 'n' });
    await database.query('CREATE TABLE log (id int PRIMARY KEY, n int); INSERT INTO log VALUES (1, 1)');
    await using sink = new SinkUnderTest({ connection: database.url }, { alwaysSequentially });
    await sink.open({ relations: [items, log] });
    const changes = transaction()
      .insert(items, { id: 1, code: 'b', note: 'n' })
      .insert(log, { id: 1, n: 2 })
      .insert(items, { id: 2, code: 'b', note: 'n' })
      .delete(log, { id: 9 }).changes;
    await sink.writeGroup(changes, new Set(['public.items']));
    expect((await rows(database)).map(({ id }) => id)).toEqual([2]);
    expect(await rows(database, 'log')).toEqual([{ id: 1, n: 2 }]);
    expect(sink.codes).toEqual(['INSERT_CONFLICT', 'DELETE_MISSED']);
  });

  it('names the column of a value that does not fit, and the constraint that is in the way', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE items (id int PRIMARY KEY, code varchar(3), note text,
      CONSTRAINT apart EXCLUDE USING hash (note WITH =))`);
    await using sink = await opened(database);
    const long = transaction()
      .insert(items, { id: 1, code: 'abc', note: 'n' })
      .insert(items, { id: 2, code: 'secret', note: 'm' });
    await expect(sink.replay(long.changes)).rejects.toMatchObject({
      code: 'VALUE_REJECTED',
      details: { table: 'public.items', column: 'code' },
    });
    await sink.reopen({ relations: [items] });
    const twice = transaction()
      .insert(items, { id: 1, code: 'a', note: 'n' })
      .insert(items, { id: 2, code: 'b', note: 'n' });
    await expect(sink.replay(twice.changes)).rejects.toMatchObject({
      code: 'CONSTRAINT_IN_THE_WAY',
      details: { constraint: 'apart' },
    });
    expect(await rows(database)).toEqual([]);
  });

  it('numbers that the target gives take those of the source', async () => {
    const beside = relationOf({
      table: 'beside',
      columns: ['code text!', 'serial bigint!', 'note text'],
      key: ['code'],
    });
    const source = new AnsweringSource(beside, { code: 'a', serial: '6', note: 'read' });
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE beside (code text PRIMARY KEY, serial bigint GENERATED ALWAYS AS IDENTITY UNIQUE, note text);
      INSERT INTO beside OVERRIDING SYSTEM VALUE VALUES ('a', 5, 'a'), ('b', 7, 'b')`);
    await using sink = await opened(database, source, [beside]);
    const log = transaction()
      .update(beside, { code: 'b', serial: 7n })
      .update(beside, { code: 'a', serial: 6n })
      .insert(beside, { code: 'c', serial: 7n, note: 'c' });
    await sink.replay(log.changes);
    expect(await rows(database, 'beside')).toEqual([
      { code: 'a', serial: '6', note: 'read' },
      { code: 'c', serial: '7', note: 'c' },
    ]);
  });

  it('rows may have as many columns as a table may have', async () => {
    const names = Array.from({ length: 1_000 }, (_, n) => `c${n}`);
    const wide = relationOf({
      table: 'wide',
      columns: ['id integer!', 'code integer', ...names.map((name) => `${name} integer`)],
      key: ['id'],
    });
    await using database = await createDatabase(server);
    await database.query(
      `CREATE TABLE wide (id int PRIMARY KEY, code int UNIQUE, ${names.map((name) => `${name} int`).join(', ')})`,
    );
    await using sink = await opened(database, null, [wide]);
    const all = (n: number) => Object.fromEntries(names.map((name) => [name, n]));
    const log = transaction()
      .insert(wide, { id: 1, code: 1, ...all(1) })
      .insert(wide, { id: 2, code: 1, ...all(2) })
      .update(wide, { id: 2, code: 3, c7: 8 });
    await sink.replay(log.changes);
    expect(await database.query('SELECT id, code, c7, c999 FROM wide')).toEqual([{ id: 2, code: 3, c7: 8, c999: 2 }]);
  });
});

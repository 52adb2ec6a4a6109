import { describe, expect, it } from 'vitest';
import { createDatabase } from '../../../../../test/harness/index.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { applyPaths, conflicts, createItems, items, openSink, write } from '../testing/apply-paths.ts';

describe.each(applyPaths())('rows with a key: $name', (path) => {
  it('an insert that meets its own key overwrites the row, and that is reported once, with a count', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'old'), (2, 'y', 'old')`);
    await using sink = await openSink(database, path);
    const inserts = transaction()
      .insert(items, { id: 1, code: 'a', note: null })
      .insert(items, { id: 2, code: 'b', note: 'new' })
      .insert(items, { id: 3, code: 'c', note: 'new' });
    await write(sink, inserts);
    expect(await database.query('SELECT * FROM items ORDER BY id')).toEqual([
      { id: 1, code: 'a', note: null },
      { id: 2, code: 'b', note: 'new' },
      { id: 3, code: 'c', note: 'new' },
    ]);
    expect(conflicts(sink)).toEqual([{ code: 'INSERT_CONFLICT', table: 'public.items', count: 2 }]);
    expect(sink.codes.includes('SEQUENTIAL_FALLBACK')).toBe(!path.alwaysSequentially);
  });

  it('with conflict "error" it fails and changes nothing', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'old')`);
    await using sink = await openSink(database, path, { conflict: 'error' });
    const inserts = transaction()
      .insert(items, { id: 5, code: 'e', note: null })
      .insert(items, { id: 1, code: 'a', note: null });
    await expect(write(sink, inserts)).rejects.toMatchObject({ code: 'CONFLICT', recovery: 'operator' });
    expect(await database.query('SELECT id, note FROM items')).toEqual([{ id: 1, note: 'old' }]);
    expect(await sink.reopen()).toMatchObject({ position: null });
    expect(conflicts(sink)).toEqual([]);
  });

  it('another unique key violated is an error, whatever the policy', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'old')`);
    await using sink = await openSink(database, path);
    const insert = transaction().insert(items, { id: 2, code: 'x', note: null });
    await expect(write(sink, insert)).rejects.toMatchObject({
      code: 'CONSTRAINT_VIOLATED',
      details: { sqlstate: '23505', constraint: 'items_code_key' },
    });
  });

  it('an update of the key finds the row by the old key and keeps what was not sent', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'kept'), (2, 'y', 'two')`);
    await using sink = await openSink(database, path);
    const swap = transaction()
      .update(items, { id: 9, code: 'x' }, { id: 1 })
      .update(items, { id: 1, code: 'y' }, { id: 2 })
      .update(items, { id: 2, code: 'z' }, { id: 9 });
    await write(sink, swap);
    expect(await database.query('SELECT * FROM items ORDER BY id')).toEqual([
      { id: 1, code: 'y', note: 'two' },
      { id: 2, code: 'z', note: 'kept' },
    ]);
    expect(sink.events).toEqual([]);
  });

  it('identifies rows by the replica identity, not by the primary key', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'a@x', 'n')`);
    await using sink = await openSink(database, path);
    const byCode = relationOf({
      table: 'items',
      columns: ['id integer!', 'code text!', 'note text'],
      key: ['code'],
      identity: 'index',
    });
    await write(sink, transaction().update(byCode, { id: 5, code: 'a@x', note: 'n' }));
    expect(await database.query('SELECT * FROM items')).toEqual([{ id: 5, code: 'a@x', note: 'n' }]);
    expect(sink.events).toEqual([]);
  });

  it('an update that sets nothing still looks for its row', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'kept')`);
    await using sink = await openSink(database, path, { missingRow: 'skip' });
    await write(sink, transaction().update(items, { id: 1 }).update(items, { id: 2 }));
    expect(conflicts(sink)).toEqual([{ code: 'UPDATE_MISSED', table: 'public.items', count: 1 }]);
  });

  it('an update that meets no row inserts it when it is complete, and is reported', async () => {
    await using database = await createDatabase(path.server);
    await database.query(createItems);
    await using sink = await openSink(database, path);
    await write(sink, transaction().update(items, { id: 1, code: 'x', note: null }));
    expect(await database.query('SELECT * FROM items')).toEqual([{ id: 1, code: 'x', note: null }]);
    expect(conflicts(sink)).toEqual([{ code: 'UPDATE_MISSED', table: 'public.items', count: 1 }]);
  });

  it('an update that meets no row and is not complete is an error, or skipped if told so', async () => {
    await using database = await createDatabase(path.server);
    await database.query(createItems);
    await using sink = await openSink(database, path);
    const missed = transaction().update(items, { id: 1, code: 'x' });
    await expect(write(sink, missed)).rejects.toMatchObject({ code: 'ROW_MISSING', recovery: 'operator' });
    await using strict = await openSink(database, path, { missingRow: 'error', name: 'strict' });
    const complete = transaction().update(items, { id: 1, code: 'x', note: null });
    await expect(write(strict, complete)).rejects.toMatchObject({ code: 'ROW_MISSING' });
    await using lenient = await openSink(database, path, { missingRow: 'skip', name: 'lenient' });
    await write(lenient, complete);
    expect(await database.query('SELECT * FROM items')).toEqual([]);
    expect(conflicts(lenient)).toEqual([{ code: 'UPDATE_MISSED', table: 'public.items', count: 1 }]);
  });

  it('a delete that meets no row is reported and no error', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'n'), (2, 'y', 'n'), (3, 'z', 'n')`);
    await using sink = await openSink(database, path);
    await write(sink, transaction().delete(items, { id: 1 }).delete(items, { id: 7 }).delete(items, { id: 2 }));
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 3 }]);
    expect(conflicts(sink)).toEqual([{ code: 'DELETE_MISSED', table: 'public.items', count: 1 }]);
  });

  it('copied rows overwrite without being conflicts', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'old')`);
    await using sink = await openSink(database, path, { conflict: 'error' });
    await write(
      sink,
      transaction().read(items, { id: 1, code: 'x', note: 'new' }).read(items, { id: 2, code: 'y', note: null }),
    );
    expect(await database.query('SELECT id, note FROM items ORDER BY id')).toEqual([
      { id: 1, note: 'new' },
      { id: 2, note: null },
    ]);
    expect(conflicts(sink)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { createMysqlDatabase } from '../../../../../test/harness/index.ts';
import { items } from '../../postgres/testing/apply-paths.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { conflicts, write } from '../../testing/driven-sink.ts';
import { applyPaths, createItems, openSink } from '../testing/apply-paths.ts';

describe.each(applyPaths())('rows with a key at $name', (path) => {
  it('an insert that meets its own key overwrites the row, and that is reported once, with a count', async () => {
    await using database = await createMysqlDatabase(path.server);
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
    expect(conflicts(sink)).toEqual([{ code: 'INSERT_CONFLICT', table: `${database.name}.items`, count: 2 }]);
    expect(sink.codes.includes('SEQUENTIAL_FALLBACK')).toBe(!path.limits.alwaysSequentially);
  });

  it('with conflict "error" it fails and changes nothing', async () => {
    await using database = await createMysqlDatabase(path.server);
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

  it('another unique key violated is an error, whatever the policy, and does not say the value', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'private', 'old')`);
    await using sink = await openSink(database, path);
    const inserts = transaction()
      .insert(items, { id: 3, code: 'free', note: null })
      .insert(items, { id: 2, code: 'private', note: null });
    const error = await write(sink, inserts).catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: 'CONSTRAINT_VIOLATED', details: { errno: 1062 } });
    expect(JSON.stringify([error, String(error?.cause), String(error)])).not.toContain('private');
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 1 }]);
  });

  it('an update of the key finds the row by the old key and keeps what was not sent', async () => {
    await using database = await createMysqlDatabase(path.server);
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

  it('another unique key passes from row to row in a group', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'a', 'n'), (2, 'b', 'n'), (3, 'c', 'n')`);
    await using sink = await openSink(database, path);
    const passed = transaction()
      .update(items, { id: 1, code: null, note: 'between' })
      .update(items, { id: 2, code: 'a', note: 'had b' })
      .update(items, { id: 1, code: 'b', note: 'had a' })
      .delete(items, { id: 3 })
      .insert(items, { id: 4, code: 'c', note: 'had none' });
    await write(sink, passed);
    expect(await database.query('SELECT * FROM items ORDER BY id')).toEqual([
      { id: 1, code: 'b', note: 'had a' },
      { id: 2, code: 'a', note: 'had b' },
      { id: 4, code: 'c', note: 'had none' },
    ]);
    expect(conflicts(sink)).toEqual([]);
    // The same connection goes on.
    const swapped = transaction('0/2')
      .update(items, { id: 2, code: 'd', note: 'n' })
      .update(items, { id: 1, code: 'a', note: 'n' });
    await write(sink, swapped, '0/2');
    expect(await database.query('SELECT code FROM items WHERE id < 3 ORDER BY id')).toEqual([
      { code: 'a' },
      { code: 'd' },
    ]);
  });

  it('identifies rows by the replica identity, not by the primary key', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(
      `${createItems}; ALTER TABLE items MODIFY code varchar(20) COLLATE ${path.server.kind === 'mysql' ? 'utf8mb4_0900_bin' : 'utf8mb4_nopad_bin'} NOT NULL;
      INSERT INTO items VALUES (1, 'a@x', 'n'), (2, 'b@x', 'n')`,
    );
    await using sink = await openSink(database, path);
    const byCode = relationOf({
      table: 'items',
      columns: ['id integer!', 'code text!', 'note text'],
      key: ['code'],
      identity: 'index',
    });
    const changes = transaction();
    for (const [id, code] of ['a@x', 'b@x', 'c@x', 'd@x', 'e@x'].entries())
      changes[id < 2 ? 'update' : 'insert'](byCode, { id: id + 5, code, note: 'new' });
    await write(sink, changes);
    expect(await database.query('SELECT id, code FROM items ORDER BY id')).toEqual([
      { id: 5, code: 'a@x' },
      { id: 6, code: 'b@x' },
      { id: 7, code: 'c@x' },
      { id: 8, code: 'd@x' },
      { id: 9, code: 'e@x' },
    ]);
    expect(sink.events).toEqual([]);
  });

  it('updates that meet no row insert it when they are complete, and are reported, with a count', async () => {
    await using database = await createMysqlDatabase(path.server);
    const plain = relationOf({ table: 'plain', columns: ['id integer!', 'note text'], key: ['id'] });
    await database.query(
      `${createItems}; CREATE TABLE plain (id int PRIMARY KEY, note text); INSERT INTO plain VALUES (1, 'a'), (2, 'b')`,
    );
    await using sink = await openSink(database, path);
    const updates = transaction().update(items, { id: 1, code: 'x', note: null });
    for (const id of [1, 2, 3, 4, 5]) updates.update(plain, { id, note: 'new' });
    await write(sink, updates);
    expect(await database.query('SELECT * FROM items')).toEqual([{ id: 1, code: 'x', note: null }]);
    expect(await database.query('SELECT count(*) AS rows_now FROM plain WHERE note = "new"')).toEqual([
      { rows_now: 5 },
    ]);
    expect(conflicts(sink)).toEqual([
      { code: 'UPDATE_MISSED', table: `${database.name}.items`, count: 1 },
      { code: 'UPDATE_MISSED', table: `${database.name}.plain`, count: 3 },
    ]);
  });

  it('an update that meets no row and is not complete is an error, or skipped if told so', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(createItems);
    await using sink = await openSink(database, path);
    const missed = transaction().update(items, { id: 1, code: 'x' });
    await expect(write(sink, missed)).rejects.toMatchObject({ code: 'ROW_MISSING', recovery: 'operator' });
    await using strict = await openSink(database, path, { missingRow: 'error', name: 'strict' });
    const complete = transaction().update(items, { id: 1, code: 'x', note: null });
    await expect(write(strict, complete)).rejects.toMatchObject({ code: 'ROW_MISSING' });
    await using lenient = await openSink(database, path, { missingRow: 'skip', name: 'lenient' });
    // The second of them sets nothing, and still looks for its row.
    await write(lenient, complete.update(items, { id: 2 }));
    expect(await database.query('SELECT * FROM items')).toEqual([]);
    expect(conflicts(lenient)).toEqual([{ code: 'UPDATE_MISSED', table: `${database.name}.items`, count: 2 }]);
  });

  it('an update that changes nothing meets its row', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'same')`);
    await using sink = await openSink(database, path, { missingRow: 'error' });
    await write(sink, transaction().update(items, { id: 1, code: 'x', note: 'same' }).update(items, { id: 1 }));
    expect(sink.events).toEqual([]);
  });

  it('of many updates those that change nothing meet their rows, and the one that has none is told', async () => {
    await using database = await createMysqlDatabase(path.server);
    const [large, notes] = [
      'l'.repeat(1_200_000),
      relationOf({ table: 'notes', columns: ['id integer!', 'note text'], key: ['id'] }),
    ];
    await database.query(`CREATE TABLE notes (id int PRIMARY KEY, note longtext);
      INSERT INTO notes VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, REPEAT('l', 1200000)), (6, 'e'), (7, 'f')`);
    await using sink = await openSink(database, path);
    const update = (values: Readonly<Record<number, string>>) =>
      Object.entries(values).reduce(
        (batch, [id, note]) => batch.update(notes, { id: Number(id), note }),
        transaction(),
      );
    // The large ones are alone in their statements.
    await write(sink, update({ 1: 'a', 2: 'new', 3: 'c', 4: large, 5: large, 6: 'new' }));
    expect(sink.events).toEqual([]);
    await write(sink, update({ 1: 'new', 2: 'new', 3: 'c', 8: 'none', 4: 'new' }));
    expect(conflicts(sink)).toEqual([{ code: 'UPDATE_MISSED', table: `${database.name}.notes`, count: 1 }]);
    expect(await database.query('SELECT id, LEFT(note, 4) AS note FROM notes ORDER BY id')).toEqual([
      { id: 1, note: 'new' },
      { id: 2, note: 'new' },
      { id: 3, note: 'c' },
      { id: 4, note: 'new' },
      { id: 5, note: 'llll' },
      { id: 6, note: 'new' },
      { id: 7, note: 'f' },
      { id: 8, note: 'none' },
    ]);
  });

  it('updates use up no numbers where the target numbers rows by itself', async () => {
    await using database = await createMysqlDatabase(path.server);
    const ids = Array.from({ length: 100 }, (_, id) => id);
    await database.query(`CREATE TABLE numbered (number tinyint AUTO_INCREMENT PRIMARY KEY, id int NOT NULL UNIQUE, note text);
      INSERT INTO numbered (id) VALUES ${ids.map((id) => `(${id})`).join()}`);
    const numbered = relationOf({ table: 'numbered', columns: ['id integer!', 'note text'], key: ['id'] });
    await using sink = await openSink(database, path);
    const updates = transaction();
    for (const id of ids) updates.update(numbered, { id, note: 'new' });
    await write(sink, updates);
    await write(sink, transaction('0/2').insert(numbered, { id: 100, note: 'new' }), '0/2');
    expect(await database.query('SELECT number, id FROM numbered WHERE number <> id + 1')).toEqual([]);
    expect(await database.query("SELECT count(*) AS found FROM numbered WHERE note = 'new'")).toEqual([{ found: 101 }]);
    expect(sink.events).toEqual([]);
  });

  it('a delete that meets no row is reported and no error', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'n'), (2, 'y', 'n'), (3, 'z', 'n')`);
    await using sink = await openSink(database, path);
    await write(sink, transaction().delete(items, { id: 1 }).delete(items, { id: 7 }).delete(items, { id: 2 }));
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 3 }]);
    expect(conflicts(sink)).toEqual([{ code: 'DELETE_MISSED', table: `${database.name}.items`, count: 1 }]);
  });

  it('copied rows overwrite without being conflicts', async () => {
    await using database = await createMysqlDatabase(path.server);
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

import { describe, expect, it } from 'vitest';
import { createMysqlDatabase } from '../../../../../test/harness/index.ts';
import { items } from '../../postgres/testing/apply-paths.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { write } from '../../testing/driven-sink.ts';
import { applyPaths, createItems, openSink } from '../testing/apply-paths.ts';

describe.each(applyPaths())('what the target is at $name', (path) => {
  it('columns that either side computes are never written', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query('CREATE TABLE sums (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED)');
    const sums = relationOf({
      table: 'sums',
      columns: ['id integer!', 'a integer', 'twice integer', 'gone integer='],
      key: ['id'],
    });
    await using sink = await openSink(database, path);
    const changes = transaction();
    for (const id of [1, 2, 3, 4]) changes.insert(sums, { id, a: 2, twice: 99, gone: 1 });
    await write(sink, changes);
    const updates = transaction('0/2');
    for (const id of [1, 2, 3, 4]) updates.update(sums, { id, a: 3, twice: 99, gone: 1 });
    await write(sink, updates, '0/2');
    expect(await database.query('SELECT DISTINCT a, twice FROM sums')).toEqual([{ a: 3, twice: 6 }]);
    expect(sink.events).toEqual([]);
  });

  it('foreign keys of the target do not act on copies', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`CREATE TABLE parent (id int PRIMARY KEY);
      CREATE TABLE child (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE)`);
    const child = relationOf({ table: 'child', columns: ['id integer!', 'parent integer'], key: ['id'] });
    const parent = relationOf({ table: 'parent', columns: ['id integer!'], key: ['id'] });
    await using sink = await openSink(database, path);
    await write(sink, transaction().insert(child, { id: 1, parent: 7 }).insert(parent, { id: 7 }));
    await write(sink, transaction('0/2').delete(parent, { id: 7 }), '0/2');
    expect(await database.query('SELECT * FROM child')).toEqual([{ id: 1, parent: 7 }]);
  });

  it('a number of zero is no wish for the next one', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query('CREATE TABLE numbered (id int AUTO_INCREMENT PRIMARY KEY, note text)');
    const numbered = relationOf({ table: 'numbered', columns: ['id integer!', 'note text'], key: ['id'] });
    await using sink = await openSink(database, path);
    await write(sink, transaction().insert(numbered, { id: 0, note: 'a' }).insert(numbered, { id: 5, note: 'b' }));
    expect(await database.query('SELECT id FROM numbered')).toEqual([{ id: 0 }, { id: 5 }]);
  });

  it('triggers see every change by itself and in its order', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`${createItems}; CREATE TABLE trail (n int AUTO_INCREMENT PRIMARY KEY, what text);
      CREATE TRIGGER inserted AFTER INSERT ON items FOR EACH ROW INSERT INTO trail (what) VALUES (CONCAT('insert ', NEW.id));
      CREATE TRIGGER updated AFTER UPDATE ON items FOR EACH ROW INSERT INTO trail (what) VALUES (CONCAT('update ', NEW.id));
      CREATE TRIGGER deleted AFTER DELETE ON items FOR EACH ROW INSERT INTO trail (what) VALUES (CONCAT('delete ', OLD.id))`);
    await using sink = await openSink(database, path);
    const changes = transaction()
      .insert(items, { id: 2, code: null, note: 'n' })
      .insert(items, { id: 1, code: null, note: 'n' })
      .update(items, { id: 2, code: null, note: 'm' })
      .update(items, { id: 2, code: null, note: 'o' })
      .delete(items, { id: 1 })
      .insert(items, { id: 1, code: null, note: 'again' });
    await write(sink, changes);
    const trail = await database.query<{ what: string }>('SELECT what FROM trail ORDER BY n');
    expect(trail.map(({ what }) => what)).toEqual([
      'insert 2',
      'insert 1',
      'update 2',
      'update 2',
      'delete 1',
      'insert 1',
    ]);
    expect(sink.events).toEqual([]);
  });

  it('a trigger that refuses a row refuses the group', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`${createItems}; CREATE TRIGGER refuse BEFORE INSERT ON items FOR EACH ROW
      BEGIN IF NEW.id = 3 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'private'; END IF; END`);
    await using sink = await openSink(database, path);
    const inserts = transaction();
    for (const id of [1, 2, 3, 4]) inserts.insert(items, { id, code: null, note: 'n' });
    const error = await write(sink, inserts).catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: 'STATEMENT_FAILED', details: { errno: 1644 } });
    expect(JSON.stringify([error, String(error?.cause), String(error)])).not.toContain('private');
    expect(await database.query('SELECT id FROM items')).toEqual([]);
    expect(await sink.reopen()).toMatchObject({ position: null });
  });

  it('truncates are deletes, in order with what is around them', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`${createItems}; CREATE TABLE others (id int PRIMARY KEY, FOREIGN KEY (id) REFERENCES items (id));
      INSERT INTO items VALUES (1, 'x', 'old'); INSERT INTO others VALUES (1)`);
    const others = relationOf({ table: 'others', columns: ['id integer!'], key: ['id'] });
    await using sink = await openSink(database, path);
    const changes = transaction()
      .insert(items, { id: 2, code: 'a', note: null })
      .truncate(items)
      .truncate(others)
      .insert(items, { id: 3, code: 'a', note: null });
    const reader = await database.connect();
    await reader.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    await write(sink, changes);
    // A reader's snapshot from before does not see the table empty.
    expect((await reader.query('SELECT id FROM items'))[0]).toEqual([{ id: 1 }]);
    await reader.query('COMMIT');
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 3 }]);
    expect(await database.query('SELECT id FROM others')).toEqual([]);
    expect(sink.events).toEqual([]);
  });

  it('a truncate is refused while rows that the stream does not write refer to the table', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query(`${createItems}; CREATE TABLE foreign_rows (item int, FOREIGN KEY (item) REFERENCES items (id));
      INSERT INTO items VALUES (1, 'x', 'old'); INSERT INTO foreign_rows VALUES (NULL)`);
    await using sink = await openSink(database, path);
    await write(sink, transaction().truncate(items).insert(items, { id: 1, code: 'x', note: null }));
    await database.query('INSERT INTO foreign_rows VALUES (1)');
    const truncate = transaction('0/2').update(items, { id: 1, code: 'y', note: null }).truncate(items);
    await expect(write(sink, truncate, '0/2')).rejects.toMatchObject({
      code: 'TRUNCATE_CASCADE',
      details: { table: `${database.name}.items`, referencing: `${database.name}.foreign_rows` },
    });
    expect(await database.query('SELECT id, code FROM items')).toEqual([{ id: 1, code: 'x' }]);
  });

  it.each([
    ['note', { id: 1, code: '1', note: 'private text' }],
    ['code', { id: 1, code: '4711', note: 'a' }],
  ])('a value that does not fit column %s is refused, and not said', async (column, row) => {
    await using database = await createMysqlDatabase(path.server);
    await database.query('CREATE TABLE items (id int PRIMARY KEY, code tinyint, note varchar(5))');
    const numbered = relationOf({ table: 'items', columns: ['id integer!', 'code integer', 'note text'], key: ['id'] });
    await using sink = await openSink(database, path);
    const inserts = transaction();
    for (const id of [2, 3, 4]) inserts.insert(numbered, { id, code: '1', note: 'fits' });
    inserts.insert(numbered, row);
    const error = await write(sink, inserts).catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: 'VALUE_REJECTED', details: { column } });
    const said = JSON.stringify([error, String(error?.cause), String(error)]);
    expect(said).not.toMatch(/private|4711/);
    expect(said).toContain(column);
    expect(await database.query('SELECT id FROM items')).toEqual([]);
    expect(await sink.reopen()).toMatchObject({ position: null });
  });
});

import { describe, expect, it } from 'vitest';
import { createDatabase, uniqueName } from '../../../../../test/harness/index.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { applyPaths, createItems, items, openSink, write } from '../testing/apply-paths.ts';

describe.each(applyPaths())('what depends on the order of changes: $name', (path) => {
  it('changes of a table that gets a column and loses it again stay in their order', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; ALTER TABLE items ADD extra text`);
    const columns = ['id integer!', 'code text', 'note text', 'extra text'];
    const wide = { ...relationOf({ table: 'items', columns, key: ['id'] }), version: 2 };
    const again = { ...items, version: 3 };
    await using sink = await openSink(database, path);
    await write(sink, transaction().insert(items, { id: 1, code: 'a', note: 'first' }));
    const altered = transaction('0/2')
      .update(items, { id: 1, code: 'a', note: 'before' })
      .update(wide, { id: 1, code: 'a', note: 'with', extra: 'x' })
      .update(again, { id: 1, code: 'a', note: 'after' });
    await write(sink, altered, '0/2');
    expect(await database.query('SELECT * FROM items')).toEqual([{ id: 1, code: 'a', note: 'after', extra: 'x' }]);
    expect(sink.events).toEqual([]);
  });

  it('keys that differ at the source and not at the target are written in their order', async () => {
    await using database = await createDatabase(path.server);
    await database.query('CREATE TABLE names (name integer PRIMARY KEY, n int)');
    const names = relationOf({ table: 'names', columns: ['name text!', 'n integer'], key: ['name'] });
    await using sink = await openSink(database, path);
    await write(sink, transaction().insert(names, { name: '1', n: 0 }));
    const both = transaction('0/2')
      .update(names, { name: '1', n: 1 })
      .update(names, { name: '01', n: 2 })
      .update(names, { name: '1', n: 3 });
    await write(sink, both, '0/2');
    expect(await database.query('SELECT * FROM names')).toEqual([{ name: 1, n: 3 }]);
  });

  it.each(['CASCADE', 'SET NULL'])(
    'foreign keys that cannot be switched off act in order: ON DELETE %s',
    async (action) => {
      await using database = await createDatabase(path.server);
      const role = uniqueName('role');
      await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE ${database.name} TO ${role};
      CREATE TABLE parent (id int PRIMARY KEY);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE ${action});
      GRANT ALL ON child, parent TO ${role};
      INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (1, 1)`);
      try {
        const child = relationOf({ table: 'child', columns: ['id integer!', 'parent integer'], key: ['id'] });
        const parent = relationOf({ table: 'parent', columns: ['id integer!'], key: ['id'] });
        const url = new URL(database.url);
        Object.assign(url, { username: role, password: 'secret' });
        await using sink = await openSink({ ...database, url: url.href }, path);
        const replaced = transaction()
          .update(child, { id: 1, parent: 2 })
          .delete(parent, { id: 1 })
          .insert(parent, { id: 1 })
          .update(child, { id: 1, parent: 1 });
        await write(sink, replaced);
        expect(await database.query('SELECT * FROM child')).toEqual([{ id: 1, parent: 1 }]);
      } finally {
        await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
      }
    },
  );

  it('a trigger that appears after the first group and swallows rows loses none: the group is not committed', async () => {
    await using database = await createDatabase(path.server);
    await database.query(createItems);
    await using sink = await openSink(database, path);
    await write(sink, transaction().insert(items, { id: 1, code: 'a', note: null }));
    await database.query(`CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RETURN CASE WHEN NEW.id = 3 THEN NULL ELSE NEW END; END $$;
      CREATE TRIGGER swallow BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION swallow();
      ALTER TABLE items ENABLE ALWAYS TRIGGER swallow`);
    const inserts = transaction('0/2')
      .insert(items, { id: 2, code: 'b', note: null })
      .insert(items, { id: 3, code: 'c', note: null });
    await expect(write(sink, inserts, '0/2')).rejects.toMatchObject({ code: 'ROW_NOT_WRITTEN' });
    expect(await sink.reopen()).toMatchObject({ position: '0/1' });
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 1 }]);
  });
});

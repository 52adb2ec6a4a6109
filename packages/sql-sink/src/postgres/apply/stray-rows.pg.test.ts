import { describe, expect, it } from 'vitest';
import { createDatabase } from '../../../../../test/harness/index.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { applyPaths, conflicts, createItems, items, openSink, write } from '../testing/apply-paths.ts';

const swallowing = `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RETURN CASE WHEN NEW.id = 0 THEN NULL ELSE NEW END; END $$`;

const pairs = relationOf({ table: 'pairs', columns: ['a integer!', 'b text!'], key: ['a', 'b'] });

/** One row, and enough for every way of deleting many of them. */
const counts = [1, 20, 100];

describe.each(applyPaths())('rows that are not the stream’s: $name', (path) => {
  it.each(counts)('a row that comes and goes in one group takes one with its key along: among %i', async (count) => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; CREATE TABLE pairs (a int, b text, PRIMARY KEY (a, b));
      INSERT INTO items VALUES (0, 'stray', 'stray'); INSERT INTO pairs VALUES (0, 'stray')`);
    await using sink = await openSink(database, path);
    const changes = transaction();
    for (let id = 0; id < count; id++) {
      changes.insert(items, { id, code: `c${id}`, note: null }).delete(items, { id });
      changes.insert(pairs, { a: id, b: 'stray' }).delete(pairs, { a: id, b: 'stray' });
    }
    await write(sink, changes);
    expect(await database.query('SELECT id FROM items')).toEqual([]);
    expect(await database.query('SELECT a FROM pairs')).toEqual([]);
    expect(conflicts(sink)).toEqual([
      { code: 'INSERT_CONFLICT', table: 'public.items', count: 1 },
      { code: 'INSERT_CONFLICT', table: 'public.pairs', count: 1 },
    ]);
  });

  it.each(counts)(
    'a trigger that appears after the first group and swallows a row loses none: of %i',
    async (count) => {
      await using database = await createDatabase(path.server);
      await database.query(createItems);
      await using sink = await openSink(database, path);
      await write(sink, transaction().insert(items, { id: -1, code: null, note: null }));
      await database.query(`${swallowing};
      CREATE TRIGGER swallow BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION swallow();
      ALTER TABLE items ENABLE ALWAYS TRIGGER swallow`);
      const inserts = transaction('0/2');
      for (let id = 0; id < count; id++) inserts.insert(items, { id, code: null, note: null });
      await expect(write(sink, inserts, '0/2')).rejects.toMatchObject({ code: 'ROW_NOT_WRITTEN' });
      expect(await sink.reopen()).toMatchObject({ position: '0/1' });
      expect(await database.query('SELECT id FROM items')).toEqual([{ id: -1 }]);
    },
  );

  it.each([
    { target: 'whole', into: 'a partitioned table' },
    { target: 'part', into: 'a partition' },
  ])('nor does one of $into', async ({ target }) => {
    await using database = await createDatabase(path.server);
    await database.query(`CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (1000)`);
    const table = relationOf({ table: target, columns: ['id integer!'], key: ['id'] });
    await using sink = await openSink(database, path);
    await write(sink, transaction().insert(table, { id: 999 }));
    await database.query(`${swallowing};
      CREATE TRIGGER swallow BEFORE INSERT ON ${target === 'whole' ? 'part' : 'whole'} FOR EACH ROW EXECUTE FUNCTION swallow();
      ALTER TABLE part ENABLE ALWAYS TRIGGER swallow`);
    const inserts = transaction('0/2');
    for (let id = 0; id < 100; id++) inserts.insert(table, { id });
    await expect(write(sink, inserts, '0/2')).rejects.toMatchObject({ code: 'ROW_NOT_WRITTEN' });
    expect(await sink.reopen()).toMatchObject({ position: '0/1' });
    expect(await database.query('SELECT id FROM whole')).toEqual([{ id: 999 }]);
  });

  it('nor does another server that holds a partition', async () => {
    await using database = await createDatabase(path.server);
    const { hostname, port, pathname, username, password } = new URL(database.url);
    await database.query(`CREATE EXTENSION postgres_fdw;
      CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw
        OPTIONS (host '${hostname}', port '${port}', dbname '${pathname.slice(1)}');
      CREATE USER MAPPING FOR CURRENT_USER SERVER there OPTIONS (user '${username}', password '${password}');
      CREATE TABLE remote (id int);
      CREATE TABLE whole (id int) PARTITION BY RANGE (id);
      CREATE FOREIGN TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (1000) SERVER there OPTIONS (table_name 'remote');
      ${swallowing};
      CREATE TRIGGER swallow BEFORE INSERT ON remote FOR EACH ROW EXECUTE FUNCTION swallow()`);
    const table = relationOf({ table: 'whole', columns: ['id integer'], identity: 'none' });
    await using sink = await openSink(database, path);
    const inserts = transaction();
    for (let id = 0; id < 100; id++) inserts.insert(table, { id });
    await expect(write(sink, inserts)).rejects.toMatchObject({ code: 'ROW_NOT_WRITTEN' });
    expect(await sink.reopen()).toMatchObject({ position: null });
    expect(await database.query('SELECT id FROM remote')).toEqual([]);
  });
});

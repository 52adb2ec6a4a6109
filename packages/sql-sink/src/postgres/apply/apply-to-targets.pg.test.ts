import { describe, expect, it } from 'vitest';
import { createDatabase } from '../../../../../test/harness/index.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { applyPaths, conflicts, createItems, items, openSink, write } from '../testing/apply-paths.ts';

describe.each(applyPaths())('what the target is: $name', (path) => {
  it('identity columns that are always generated take the sent value, and move when it changes', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`CREATE TABLE always (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, extra text DEFAULT 'e');
      CREATE TABLE beside (code text PRIMARY KEY, serial bigint GENERATED ALWAYS AS IDENTITY, note text)`);
    const always = relationOf({ table: 'always', columns: ['id bigint!', 'note text'], key: ['id'] });
    const beside = relationOf({
      table: 'beside',
      columns: ['code text!', 'serial bigint!', 'note text'],
      key: ['code'],
    });
    await using sink = await openSink(database, path);
    const changes = transaction()
      .insert(always, { id: 10n, note: 'long' })
      .insert(always, { id: 20n, note: 'other' })
      .update(always, { id: 11n }, { id: 10n })
      .update(always, { id: 20n, note: 'changed' })
      .insert(beside, { code: 'a', serial: 5n, note: 'kept' })
      .update(beside, { code: 'a', serial: 6n })
      .insert(beside, { code: 'b', serial: 7n, note: 'b' })
      .update(beside, { code: 'b', serial: 7n, note: 'bb' });
    await write(sink, changes);
    expect(await database.query('SELECT * FROM always ORDER BY id')).toEqual([
      { id: '11', note: 'long', extra: 'e' },
      { id: '20', note: 'changed', extra: 'e' },
    ]);
    expect(await database.query('SELECT * FROM beside ORDER BY code')).toEqual([
      { code: 'a', serial: '6', note: 'kept' },
      { code: 'b', serial: '7', note: 'bb' },
    ]);
    expect(conflicts(sink)).toEqual([]);
  });

  it('columns that either side computes are never written', async () => {
    await using database = await createDatabase(path.server);
    await database.query('CREATE TABLE sums (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED)');
    const sums = relationOf({
      table: 'sums',
      columns: ['id integer!', 'a integer', 'twice integer', 'gone integer='],
      key: ['id'],
    });
    await using sink = await openSink(database, path);
    await write(
      sink,
      transaction().insert(sums, { id: 1, a: 2, twice: 99, gone: 1 }).update(sums, { id: 1, a: 3, twice: 99, gone: 1 }),
    );
    expect(await database.query('SELECT * FROM sums')).toEqual([{ id: 1, a: 3, twice: 6 }]);
  });

  it('triggers and foreign keys of the target do not act on copies', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`CREATE TABLE parent (id int PRIMARY KEY);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE);
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$no$$; END';
      CREATE TRIGGER refuse BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const child = relationOf({ table: 'child', columns: ['id integer!', 'parent integer'], key: ['id'] });
    await using sink = await openSink(database, path);
    await write(sink, transaction().insert(child, { id: 1, parent: 7 }));
    expect(await database.query('SELECT * FROM child')).toEqual([{ id: 1, parent: 7 }]);
  });

  it('a trigger that swallows a row is an error', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`CREATE TABLE log (t text);
      CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER swallow BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION swallow();
      ALTER TABLE log ENABLE ALWAYS TRIGGER swallow`);
    const log = relationOf({ table: 'log', columns: ['t text'], identity: 'none' });
    await using sink = await openSink(database, path);
    await expect(write(sink, transaction().insert(log, { t: 'x' }))).rejects.toMatchObject({ code: 'ROW_NOT_WRITTEN' });
  });

  it('truncates are deletes, in order with what is around them', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; CREATE TABLE others (id int PRIMARY KEY REFERENCES items);
      INSERT INTO items VALUES (1, 'x', 'old'); INSERT INTO others VALUES (1)`);
    const others = relationOf({ table: 'others', columns: ['id integer!'], key: ['id'] });
    await using sink = await openSink(database, path);
    const changes = transaction()
      .insert(items, { id: 2, code: 'a', note: null })
      .truncate(items)
      .truncate(others)
      .insert(items, { id: 3, code: 'a', note: null });
    const reader = await database.connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    expect((await reader.query('SELECT id FROM items')).rows).toEqual([{ id: 1 }]);
    await write(sink, changes);
    // A reader's snapshot from before does not see the table empty.
    expect((await reader.query('SELECT id FROM items')).rows).toEqual([{ id: 1 }]);
    await reader.query('COMMIT');
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 3 }]);
    expect(await database.query('SELECT id FROM others')).toEqual([]);
  });

  it('a truncate is refused while rows that the stream does not write refer to the table', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`${createItems}; CREATE TABLE foreign_rows (item int REFERENCES items);
      INSERT INTO items VALUES (1, 'x', 'old'); INSERT INTO foreign_rows VALUES (NULL)`);
    await using sink = await openSink(database, path);
    await write(sink, transaction().truncate(items).insert(items, { id: 1, code: 'x', note: null }));
    await database.query('INSERT INTO foreign_rows VALUES (1)');
    await expect(write(sink, transaction().truncate(items), '0/2')).rejects.toMatchObject({
      code: 'TRUNCATE_CASCADE',
      details: { table: 'public.items', referencing: 'public.foreign_rows' },
    });
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 1 }]);
  });

  it('types of the database itself and names that need quotes work', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`CREATE SCHEMA "My ""Schema"; CREATE TYPE "My ""Schema"."Mood" AS ENUM ('ok', 'it''s');
      CREATE TABLE "My ""Schema"."a.b" ("Key" "My ""Schema"."Mood" PRIMARY KEY, "select" int[])`);
    const odd = relationOf({
      schema: 'My "Schema',
      table: 'a.b',
      columns: ['Key "My ""Schema"."Mood"!', 'select integer[]'],
      key: ['Key'],
    });
    await using sink = await openSink(database, path);
    const changes = transaction()
      .insert(odd, { Key: 'ok', select: '{1,NULL}' })
      .update(odd, { Key: "it's", select: '{2}' }, { Key: 'ok' })
      .insert(odd, { Key: 'ok', select: null })
      .delete(odd, { Key: 'ok' });
    await write(sink, changes);
    expect(await database.query('SELECT * FROM "My ""Schema"."a.b"')).toEqual([{ Key: "it's", select: [2] }]);
  });

  it('keys are equal as the unique index of the target says, also by an operator that no search path finds', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`CREATE SCHEMA ci;
      CREATE FUNCTION ci.eq(text, text) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT lower($1) OPERATOR(pg_catalog.=) lower($2)';
      CREATE FUNCTION ci.lt(text, text) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT lower($1) OPERATOR(pg_catalog.<) lower($2)';
      CREATE FUNCTION ci.cmp(text, text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT bttextcmp(lower($1), lower($2))';
      CREATE OPERATOR ci.= (FUNCTION = ci.eq, LEFTARG = text, RIGHTARG = text);
      CREATE OPERATOR ci.< (FUNCTION = ci.lt, LEFTARG = text, RIGHTARG = text);
      CREATE OPERATOR CLASS ci.ops FOR TYPE text USING btree AS OPERATOR 1 ci.<, OPERATOR 3 ci.=, FUNCTION 1 ci.cmp(text, text);
      CREATE TABLE names (name text, n int); CREATE UNIQUE INDEX ON names (name ci.ops);
      INSERT INTO names VALUES ('Ada', 1), ('Bob', 1), ('Cyd', 1)`);
    const names = relationOf({ table: 'names', columns: ['name text!', 'n integer'], key: ['name'] });
    await using sink = await openSink(database, path);
    await write(
      sink,
      transaction().update(names, { name: 'ADA', n: 2 }).delete(names, { name: 'BOB' }).delete(names, { name: 'CYD' }),
    );
    expect(await database.query('SELECT * FROM names')).toEqual([{ name: 'Ada', n: 2 }]);
    expect(sink.events).toEqual([]);
  });

  it('a table that changed its shape is checked again, and says how to fix it', async () => {
    await using database = await createDatabase(path.server);
    await database.query(createItems);
    await using sink = await openSink(database, path);
    await write(sink, transaction().insert(items, { id: 1, code: 'a', note: null }));
    const wider = relationOf({
      table: 'items',
      columns: ['id integer!', 'code text', 'note text', 'price numeric(8,2)'],
      key: ['id'],
    });
    const insert = transaction('0/2').insert(wider, { id: 2, code: 'b', note: null, price: '1.50' });
    await expect(write(sink, insert, '0/2')).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      hint: 'ALTER TABLE "public"."items" ADD COLUMN "price" numeric(8,2);',
    });
    await database.query('ALTER TABLE "public"."items" ADD COLUMN "price" numeric(8,2)');
    await sink.reopen();
    await write(sink, insert, '0/2');
    expect(await database.query('SELECT id, price FROM items ORDER BY id')).toEqual([
      { id: 1, price: null },
      { id: 2, price: '1.50' },
    ]);
  });
});

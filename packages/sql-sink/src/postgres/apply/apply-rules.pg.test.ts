import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
} from '../../../../../test/harness/index.ts';
import type { PostgresSinkOptions } from '../postgres-sink-options.ts';
import { relationOf, type TestTransaction, transaction } from '../testing/changes.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const items = relationOf({ table: 'items', columns: ['id integer!', 'code text', 'note text'], key: ['id'] });
const createItems = 'CREATE TABLE items (id integer PRIMARY KEY, code text UNIQUE, note text)';

const paths = postgresVersions().flatMap((version) => [
  { version, path: 'one change at a time', alwaysSequentially: true },
  { version, path: 'many in one message', alwaysSequentially: false },
]);

describe.each(paths)('changes on PostgreSQL $version, $path', ({ version, alwaysSequentially }) => {
  const server = sharedPostgres(version);

  const opened = async (database: TestDatabase, options: Partial<PostgresSinkOptions> = {}) => {
    const sink = new SinkUnderTest({ connection: database.url, ...options }, { alwaysSequentially });
    await sink.open({ relations: [] });
    return sink;
  };
  const conflicts = (sink: SinkUnderTest) =>
    sink.events.filter(({ type }) => type === 'conflict').map(({ code, details }) => ({ code, ...details }));
  const write = (sink: SinkUnderTest, { changes }: TestTransaction, position?: string) => sink.write(changes, position);

  it('an insert that meets its own key overwrites the row, and that is reported once, with a count', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'old'), (2, 'y', 'old')`);
    await using sink = await opened(database);
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
    expect(sink.codes.includes('SEQUENTIAL_FALLBACK')).toBe(!alwaysSequentially);
  });

  it('with conflict "error" it fails and changes nothing', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'old')`);
    await using sink = await opened(database, { conflict: 'error' });
    const inserts = transaction()
      .insert(items, { id: 5, code: 'e', note: null })
      .insert(items, { id: 1, code: 'a', note: null });
    await expect(write(sink, inserts)).rejects.toMatchObject({ code: 'CONFLICT', recovery: 'operator' });
    expect(await database.query('SELECT id, note FROM items')).toEqual([{ id: 1, note: 'old' }]);
    expect(await sink.reopen()).toMatchObject({ position: null });
    expect(conflicts(sink)).toEqual([]);
  });

  it('another unique key violated is an error, whatever the policy', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'old')`);
    await using sink = await opened(database);
    const insert = transaction().insert(items, { id: 2, code: 'x', note: null });
    await expect(write(sink, insert)).rejects.toMatchObject({
      code: 'CONSTRAINT_VIOLATED',
      details: { sqlstate: '23505', constraint: 'items_code_key' },
    });
  });

  it('an update of the key finds the row by the old key and keeps what was not sent', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'kept'), (2, 'y', 'two')`);
    await using sink = await opened(database);
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
    await using database = await createDatabase(server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'a@x', 'n')`);
    await using sink = await opened(database);
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
    await using database = await createDatabase(server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'kept')`);
    await using sink = await opened(database, { missingRow: 'skip' });
    await write(sink, transaction().update(items, { id: 1 }).update(items, { id: 2 }));
    expect(conflicts(sink)).toEqual([{ code: 'UPDATE_MISSED', table: 'public.items', count: 1 }]);
  });

  it('an update that meets no row inserts it when it is complete, and is reported', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database);
    await write(sink, transaction().update(items, { id: 1, code: 'x', note: null }));
    expect(await database.query('SELECT * FROM items')).toEqual([{ id: 1, code: 'x', note: null }]);
    expect(conflicts(sink)).toEqual([{ code: 'UPDATE_MISSED', table: 'public.items', count: 1 }]);
  });

  it('an update that meets no row and is not complete is an error, or skipped if told so', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database);
    const missed = transaction().update(items, { id: 1, code: 'x' });
    await expect(write(sink, missed)).rejects.toMatchObject({ code: 'ROW_MISSING', recovery: 'operator' });
    await using strict = await opened(database, { missingRow: 'error', name: 'strict' });
    const complete = transaction().update(items, { id: 1, code: 'x', note: null });
    await expect(write(strict, complete)).rejects.toMatchObject({ code: 'ROW_MISSING' });
    await using lenient = await opened(database, { missingRow: 'skip', name: 'lenient' });
    await write(lenient, complete);
    expect(await database.query('SELECT * FROM items')).toEqual([]);
    expect(conflicts(lenient)).toEqual([{ code: 'UPDATE_MISSED', table: 'public.items', count: 1 }]);
  });

  it('a delete that meets no row is reported and no error', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'n'), (2, 'y', 'n'), (3, 'z', 'n')`);
    await using sink = await opened(database);
    await write(sink, transaction().delete(items, { id: 1 }).delete(items, { id: 7 }).delete(items, { id: 2 }));
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 3 }]);
    expect(conflicts(sink)).toEqual([{ code: 'DELETE_MISSED', table: 'public.items', count: 1 }]);
  });

  it('rows without a key are found by all their columns, exactly one of several equal ones', async () => {
    await using database = await createDatabase(server);
    const log = relationOf({
      table: 'log',
      columns: [
        'n numeric',
        'at timestamp without time zone',
        'j json',
        'x xml',
        'p point',
        'c character(4)',
        't text',
      ],
      identity: 'full',
    });
    const row = {
      n: '1.0',
      at: '2024-02-03 04:05:06.000007',
      j: '{"a" : 1}',
      x: '<a/>',
      p: '(1,2)',
      c: 'ab  ',
      t: null,
    };
    await using sink = await opened(database);
    await sink.sink.prepare?.([log], 'stream');
    const other = { ...row, n: '1.00' };
    await write(sink, transaction().insert(log, other).insert(log, row).insert(log, row).insert(log, row));
    await write(
      sink,
      transaction('0/2')
        .delete(log, row)
        .update(log, { ...row, t: 'changed' }, row),
      '0/2',
    );
    const found = await database.query('SELECT n::text, j::text, t FROM log ORDER BY n::text, t');
    expect(found).toEqual([
      { n: '1.0', j: '{"a" : 1}', t: 'changed' },
      { n: '1.0', j: '{"a" : 1}', t: null },
      { n: '1.00', j: '{"a" : 1}', t: null },
    ]);
    expect(sink.events).toEqual([]);
  });

  it('a composite value whose fields are all null is not NULL', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TYPE pair AS (a int, b int); CREATE TABLE pairs (p pair, t text)');
    await database.query("INSERT INTO pairs VALUES (ROW(NULL, NULL), 'row'), (NULL, 'row')");
    const pairs = relationOf({ table: 'pairs', columns: ['p public.pair', 't text'], identity: 'full' });
    await using sink = await opened(database);
    await write(sink, transaction().delete(pairs, { p: null, t: 'row' }));
    expect(await database.query('SELECT p IS NOT DISTINCT FROM NULL AS empty FROM pairs')).toEqual([{ empty: false }]);
  });

  it('a row without key of a partitioned target is found in its partition', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE parted (a int, b int) PARTITION BY LIST (a);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1); CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
      INSERT INTO parted VALUES (1, 1), (2, 1)`);
    const parted = relationOf({ table: 'parted', columns: ['a integer', 'b integer'], identity: 'full' });
    await using sink = await opened(database);
    await write(sink, transaction().update(parted, { a: 2, b: 5 }, { a: 2, b: 1 }).delete(parted, { a: 1, b: 1 }));
    expect(await database.query('SELECT * FROM parted')).toEqual([{ a: 2, b: 5 }]);
  });

  it('a change that says neither key nor old row is refused', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE log (t text)');
    const log = relationOf({ table: 'log', columns: ['t text'], identity: 'none' });
    await using sink = await opened(database);
    const update = transaction().update(log, { t: 'x' });
    await expect(write(sink, update)).rejects.toMatchObject({ code: 'ROW_NOT_IDENTIFIED' });
  });

  it('identity columns that are always generated take the sent value, and move when it changes', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE always (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, extra text DEFAULT 'e');
      CREATE TABLE beside (code text PRIMARY KEY, serial bigint GENERATED ALWAYS AS IDENTITY, note text)`);
    const always = relationOf({ table: 'always', columns: ['id bigint!', 'note text'], key: ['id'] });
    const beside = relationOf({
      table: 'beside',
      columns: ['code text!', 'serial bigint!', 'note text'],
      key: ['code'],
    });
    await using sink = await opened(database);
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
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE sums (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED)');
    const sums = relationOf({
      table: 'sums',
      columns: ['id integer!', 'a integer', 'twice integer', 'gone integer='],
      key: ['id'],
    });
    await using sink = await opened(database);
    await write(
      sink,
      transaction().insert(sums, { id: 1, a: 2, twice: 99, gone: 1 }).update(sums, { id: 1, a: 3, twice: 99, gone: 1 }),
    );
    expect(await database.query('SELECT * FROM sums')).toEqual([{ id: 1, a: 3, twice: 6 }]);
  });

  it('triggers and foreign keys of the target do not act on copies', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE parent (id int PRIMARY KEY);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE);
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$no$$; END';
      CREATE TRIGGER refuse BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const child = relationOf({ table: 'child', columns: ['id integer!', 'parent integer'], key: ['id'] });
    await using sink = await opened(database);
    await write(sink, transaction().insert(child, { id: 1, parent: 7 }));
    expect(await database.query('SELECT * FROM child')).toEqual([{ id: 1, parent: 7 }]);
  });

  it('a trigger that swallows a row is an error', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE log (t text);
      CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER swallow BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION swallow();
      ALTER TABLE log ENABLE ALWAYS TRIGGER swallow`);
    const log = relationOf({ table: 'log', columns: ['t text'], identity: 'none' });
    await using sink = await opened(database);
    await expect(write(sink, transaction().insert(log, { t: 'x' }))).rejects.toMatchObject({ code: 'ROW_NOT_WRITTEN' });
  });

  it('truncates are deletes, in order with what is around them', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; CREATE TABLE others (id int PRIMARY KEY REFERENCES items);
      INSERT INTO items VALUES (1, 'x', 'old'); INSERT INTO others VALUES (1)`);
    const others = relationOf({ table: 'others', columns: ['id integer!'], key: ['id'] });
    await using sink = await opened(database);
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
    await using database = await createDatabase(server);
    await database.query(`${createItems}; CREATE TABLE foreign_rows (item int REFERENCES items);
      INSERT INTO items VALUES (1, 'x', 'old'); INSERT INTO foreign_rows VALUES (NULL)`);
    await using sink = await opened(database);
    await write(sink, transaction().truncate(items).insert(items, { id: 1, code: 'x', note: null }));
    await database.query('INSERT INTO foreign_rows VALUES (1)');
    await expect(write(sink, transaction().truncate(items), '0/2')).rejects.toMatchObject({
      code: 'TRUNCATE_CASCADE',
      details: { table: 'public.items', referencing: 'public.foreign_rows' },
    });
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 1 }]);
  });

  it('types of the database itself and names that need quotes work', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE SCHEMA "My ""Schema"; CREATE TYPE "My ""Schema"."Mood" AS ENUM ('ok', 'it''s');
      CREATE TABLE "My ""Schema"."a.b" ("Key" "My ""Schema"."Mood" PRIMARY KEY, "select" int[])`);
    const odd = relationOf({
      schema: 'My "Schema',
      table: 'a.b',
      columns: ['Key "My ""Schema"."Mood"!', 'select integer[]'],
      key: ['Key'],
    });
    await using sink = await opened(database);
    const changes = transaction()
      .insert(odd, { Key: 'ok', select: '{1,NULL}' })
      .update(odd, { Key: "it's", select: '{2}' }, { Key: 'ok' })
      .insert(odd, { Key: 'ok', select: null })
      .delete(odd, { Key: 'ok' });
    await write(sink, changes);
    expect(await database.query('SELECT * FROM "My ""Schema"."a.b"')).toEqual([{ Key: "it's", select: [2] }]);
  });

  it('keys are equal as the unique index of the target says, also by an operator that no search path finds', async () => {
    await using database = await createDatabase(server);
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
    await using sink = await opened(database);
    await write(
      sink,
      transaction().update(names, { name: 'ADA', n: 2 }).delete(names, { name: 'BOB' }).delete(names, { name: 'CYD' }),
    );
    expect(await database.query('SELECT * FROM names')).toEqual([{ name: 'Ada', n: 2 }]);
    expect(sink.events).toEqual([]);
  });

  it('copied rows overwrite without being conflicts', async () => {
    await using database = await createDatabase(server);
    await database.query(`${createItems}; INSERT INTO items VALUES (1, 'x', 'old')`);
    await using sink = await opened(database, { conflict: 'error' });
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

  it('a table that changed its shape is checked again, and says how to fix it', async () => {
    await using database = await createDatabase(server);
    await database.query(createItems);
    await using sink = await opened(database);
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

import { describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../../../../../test/harness/index.ts';
import { AnsweringSource } from '../../testing/answering-source.ts';
import { transaction } from '../../testing/changes.ts';
import { chunkOf, unencoded } from '../../testing/chunks.ts';
import { catchingUp, rows } from '../replay/replaying.test-support.ts';
import { type ApplyPath, applyPaths, conflicts, items, openSink, write } from '../testing/apply-paths.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const at = new Date(1_700_000_000_000);

const madeBy = async (database: TestDatabase, path: ApplyPath): Promise<SinkUnderTest> => {
  const sink = await openSink(database, path, { deletes: 'soft' });
  await sink.start([items]);
  return sink;
};

describe.each(applyPaths())('soft deletes: $name', (path) => {
  it('a delete marks the row with the time of its commit, and keeps its values', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path);
    const inserts = transaction()
      .insert(items, { id: 1, code: 'a', note: 'n' })
      .insert(items, { id: 2, code: 'b', note: 'm' });
    await write(sink, inserts.insert(items, { id: 3, code: 'c', note: null }).delete(items, { id: 3 }));
    await write(
      sink,
      transaction('0/2').delete(items, { id: 1 }).update(items, { id: 2, code: 'x', note: 'm' }),
      '0/2',
    );
    expect(await rows(database)).toEqual([
      { id: 1, code: 'a', note: 'n', _deleted_at: at },
      { id: 2, code: 'x', note: 'm', _deleted_at: null },
      { id: 3, code: 'c', note: null, _deleted_at: at },
    ]);
    expect(sink.codes).toEqual([]);
  });

  it('an insert of its key revives it, in the same transaction and later, and is no conflict', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path);
    await database.query('ALTER TABLE items ADD own text');
    const first = transaction()
      .insert(items, { id: 1, code: 'a', note: 'n' })
      .insert(items, { id: 2, code: 'b', note: 'm' });
    await write(sink, first);
    await database.query("UPDATE items SET own = 'kept'");
    const same = transaction('0/2').delete(items, { id: 1 }).insert(items, { id: 1, code: 'c', note: null });
    await write(sink, same.delete(items, { id: 2 }), '0/2');
    expect(sink.codes).toEqual([]);
    await write(sink, transaction('0/3').insert(items, { id: 2, code: 'd', note: null }), '0/3');
    expect(sink.codes).toEqual([]);
    expect(await rows(database)).toEqual([
      { id: 1, code: 'c', note: null, _deleted_at: null, own: 'kept' },
      { id: 2, code: 'd', note: null, _deleted_at: null, own: 'kept' },
    ]);
    expect(conflicts(sink)).toEqual([]);
    await write(sink, transaction('0/4').insert(items, { id: 2, code: 'e', note: null }), '0/4');
    expect(conflicts(sink)).toEqual([{ code: 'INSERT_CONFLICT', table: 'public.items', count: 1 }]);
  });

  it('many rows are revived at once, among new ones', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path);
    const first = transaction();
    for (let id = 1; id <= 60; id++) first.insert(items, { id, code: `a${id}`, note: 'n' });
    for (let id = 1; id <= 60; id += 2) first.delete(items, { id });
    await write(sink, first);
    const again = transaction('0/2');
    for (let id = 2; id <= 60; id += 2) again.delete(items, { id });
    for (let id = 1; id <= 120; id++) again.insert(items, { id, code: `b${id}`, note: null });
    await write(sink, again, '0/2');
    const [row] = await database.query(
      `SELECT count(*)::int AS live, count(note)::int AS old FROM items WHERE _deleted_at IS NULL AND code LIKE 'b%'`,
    );
    expect(row).toEqual({ live: 120, old: 0 });
    expect(sink.codes).toEqual([]);
  });

  it('a row that gets the key of one that is marked takes its place', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path);
    const two = transaction()
      .insert(items, { id: 1, code: 'a', note: 'n' })
      .insert(items, { id: 2, code: 'b', note: 'm' });
    await write(sink, two.delete(items, { id: 1 }));
    const moved = transaction('0/2').update(items, { id: 1, code: 'b' }, { id: 2 });
    await write(sink, moved.insert(items, { id: 2, code: 'z', note: null }), '0/2');
    expect(await rows(database)).toEqual([
      { id: 1, code: 'b', note: 'm', _deleted_at: null },
      { id: 2, code: 'z', note: null, _deleted_at: null },
    ]);
    expect(conflicts(sink)).toEqual([]);
  });

  it('a key that moved on is free: an insert of it is no update', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path);
    await write(sink, transaction().insert(items, { id: 1, code: 'a', note: 'n' }));
    const changes = transaction('0/2')
      .insert(items, { id: 2, code: 'b', note: 'm' })
      .delete(items, { id: 1 })
      .update(items, { id: 1, code: 'b', note: 'm' }, { id: 2 })
      .update(items, { id: 3, code: 'b', note: 'm' }, { id: 1 })
      .insert(items, { id: 1, code: 'c', note: null });
    await write(sink, changes, '0/2');
    expect(await rows(database)).toMatchObject([
      { id: 1, code: 'c' },
      { id: 3, code: 'b' },
    ]);
    expect(conflicts(sink)).toEqual([]);
  });

  it('a truncate marks all that are not, and a delete that meets no row is a conflict', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path);
    await database.query('CREATE TABLE others (id int REFERENCES items); SET session_replication_role = replica');
    const two = transaction()
      .insert(items, { id: 1, code: 'a', note: 'n' })
      .insert(items, { id: 2, code: 'b', note: 'm' });
    await write(sink, two);
    await database.query("UPDATE items SET _deleted_at = '2020-01-01' WHERE id = 1; INSERT INTO others VALUES (2)");
    const last = transaction('0/2').truncate(items).insert(items, { id: 3, code: 'c', note: null });
    await write(sink, last.delete(items, { id: 7 }), '0/2');
    expect(await rows(database)).toMatchObject([
      { id: 1, _deleted_at: new Date('2020-01-01T00:00:00Z') },
      { id: 2, _deleted_at: at },
      { id: 3, _deleted_at: null },
    ]);
    expect(conflicts(sink)).toEqual([{ code: 'DELETE_MISSED', table: 'public.items', count: 1 }]);
  });

  it('while a table catches up, rows that are gone are marked or stay away, and those that are read again are live', async () => {
    await using database = await createDatabase(path.server);
    const source = new AnsweringSource(items, { id: '4', code: 'd', note: 'read again' });
    await using sink = new SinkUnderTest({ connection: database.url, deletes: 'soft' }, path);
    await sink.start([items]);
    await sink.open({ relations: [items], reselect: source.reselect });
    await sink.saveTables({ 'public.items': catchingUp });
    await database.query(`INSERT INTO items VALUES (1, 'a', 'n', NULL), (2, 'b', 'm', '2020-01-01')`);
    const changes = transaction()
      .delete(items, { id: 1 })
      .insert(items, { id: 2, code: 'b', note: 'back' })
      .delete(items, { id: 3 })
      .update(items, { id: 4, code: 'd' });
    await sink.replay(changes.changes, '0/2');
    expect(await rows(database)).toEqual([
      { id: 1, code: 'a', note: 'n', _deleted_at: at },
      { id: 2, code: 'b', note: 'back', _deleted_at: null },
      { id: 4, code: 'd', note: 'read again', _deleted_at: null },
    ]);
  });

  it('copied rows are live, also over ones that are marked', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path);
    await sink.saveTables({ 'public.items': { state: 'copying', from: '0/1', ranges: [], through: null } });
    const chunk = chunkOf(items, [{ id: '1', code: 'a', note: null }]);
    await sink.writeChunk(chunk);
    await database.query("UPDATE items SET _deleted_at = '2020-01-01'");
    await sink.writeChunk(unencoded(chunkOf(items, [{ id: '2', code: 'b', note: null }])));
    await sink.writeChunk(
      chunkOf(items, [
        { id: '1', code: 'a', note: 'copied' },
        { id: '3', code: 'c', note: null },
      ]),
    );
    expect(await rows(database)).toEqual([
      { id: 1, code: 'a', note: 'copied', _deleted_at: null },
      { id: 2, code: 'b', note: null, _deleted_at: null },
      { id: 3, code: 'c', note: null, _deleted_at: null },
    ]);
  });

  it('a comparison with the source marks what is gone and leaves alone what is marked', async () => {
    await using database = await createDatabase(path.server);
    const source = new AnsweringSource(items, { id: '2', code: 'b', note: 'source' });
    await using sink = new SinkUnderTest({ connection: database.url, deletes: 'soft' }, path);
    await sink.start([items]);
    await sink.open({ relations: [items], reselect: source.reselect });
    await database.query(
      `INSERT INTO items VALUES (1, 'a', 'n', NULL), (2, 'b', 'm', NULL), (3, 'c', 'o', '2020-01-01')`,
    );
    await sink.sink.recheck?.(items, null, new AbortController().signal);
    expect(await rows(database)).toMatchObject([
      { id: 1, code: 'a', note: 'n', _deleted_at: expect.any(Date) },
      { id: 2, note: 'source', _deleted_at: null },
      { id: 3, note: 'o', _deleted_at: new Date('2020-01-01T00:00:00Z') },
    ]);
  });
});

it('a unique index that a marked row would still hold is refused, one over live rows is not', async () => {
  const [path] = applyPaths();
  if (path === undefined) return;
  await using database = await createDatabase(path.server);
  await database.query(
    'CREATE TABLE items (id integer PRIMARY KEY, code text UNIQUE, note text, _deleted_at timestamptz)',
  );
  await using sink = await openSink(database, path, { deletes: 'soft' });
  await expect(sink.start([items])).rejects.toMatchObject({
    code: 'TARGET_INDEX_STRICTER',
    hint: expect.stringContaining('CREATE UNIQUE INDEX ON "public"."items" ("code") WHERE "_deleted_at" IS NULL'),
  });
  await database.query(`ALTER TABLE items DROP CONSTRAINT items_code_key;
    CREATE UNIQUE INDEX ON items (code) WHERE _deleted_at IS NULL`);
  await sink.start([items]);
});

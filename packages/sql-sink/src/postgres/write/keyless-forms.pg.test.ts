import { describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../../../../../test/harness/index.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { type ApplyPath, applyPaths, items, openSink, write } from '../testing/apply-paths.ts';
import type { SinkUnderTest } from '../testing/sink-under-test.ts';
import type { WriteModeOptions } from './write-mode-options.ts';

const full = { ...items, identity: 'full' as const };

/** A sink that has made its own table. */
const madeBy = async (database: TestDatabase, path: ApplyPath, options: WriteModeOptions): Promise<SinkUnderTest> => {
  const sink = await openSink(database, path, options);
  await sink.start([items]);
  return sink;
};

describe.each(applyPaths())('writeMode append: $name', (path) => {
  it('inserts and the rows of updates are appended, deletes and truncates do nothing', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path, { writeMode: 'append' });
    const changes = transaction()
      .insert(items, { id: 1, code: 'a', note: null })
      .insert(items, { id: 1, code: 'a', note: null })
      .update(items, { id: 1, code: 'b', note: 'new' })
      .delete(items, { id: 1 })
      .truncate(items);
    await write(sink, changes);
    await write(sink, transaction('0/2').delete(items, { id: 9 }), '0/2');
    expect(await database.query('SELECT * FROM items ORDER BY code')).toEqual([
      { id: 1, code: 'a', note: null },
      { id: 1, code: 'a', note: null },
      { id: 1, code: 'b', note: 'new' },
    ]);
    expect(sink.codes).toEqual([]);
  });

  it('what an update leaves out is taken from the whole old row; without one it is an error', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path, { writeMode: 'append' });
    const whole = transaction()
      .insert(full, { id: 1, code: 'a', note: 'large' })
      .update(full, { id: 2, code: 'b' }, { id: 1, code: 'a', note: 'large' });
    await write(sink, whole);
    expect(await database.query('SELECT * FROM items ORDER BY id')).toEqual([
      { id: 1, code: 'a', note: 'large' },
      { id: 2, code: 'b', note: 'large' },
    ]);
    await expect(write(sink, transaction('0/2').update(items, { id: 2, code: 'c' }))).rejects.toMatchObject({
      code: 'ROW_INCOMPLETE',
      hint: 'ALTER TABLE "public"."items" REPLICA IDENTITY FULL; at the source',
      details: { table: 'public.items', columns: ['note'] },
    });
  });
});

describe.each(applyPaths())('writeMode changelog: $name', (path) => {
  it('every change is a row that says what it was', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await madeBy(database, path, { tables: { 'public.items': { writeMode: 'changelog' } } });
    const changes = transaction('0/A')
      .insert(items, { id: 1, code: 'a', note: 'large' })
      .update(items, { id: 2, code: 'b' }, { id: 1 })
      .delete(items, { id: 2 })
      .truncate(items);
    await write(sink, changes);
    const late = transaction('0/B').read(full, { id: 3, code: 'x', note: null });
    await write(sink, late.update(full, { id: 3, code: 'y' }, { id: 3, code: 'x', note: null }), '0/B');
    const at = { _committed_at: new Date(1_700_000_000_000), _unchanged: null, _before: null };
    expect(await database.query('SELECT * FROM items ORDER BY _position, _sequence')).toEqual([
      { id: 1, code: 'a', note: 'large', ...at, _operation: 'insert', _position: '0/A', _sequence: '0' },
      {
        ...{ id: 2, code: 'b', note: null, ...at, _operation: 'update', _position: '0/A', _sequence: '1' },
        _unchanged: ['note'],
        _before: { id: '1' },
      },
      { id: 2, code: null, note: null, ...at, _operation: 'delete', _position: '0/A', _sequence: '2' },
      { id: null, code: null, note: null, ...at, _operation: 'truncate', _position: '0/A', _sequence: '3' },
      {
        ...{ id: 3, code: 'x', note: null, ...at, _operation: 'read', _position: '0/B', _sequence: '0' },
        _committed_at: null,
      },
      {
        ...{ id: 3, code: 'y', note: null, ...at, _operation: 'update', _position: '0/B', _sequence: '1' },
        _before: { id: '3', code: 'x', note: null },
      },
    ]);
    expect(sink.codes).toEqual([]);
  });

  it('tables that are written as they come keep their rows beside it, in one transaction', async () => {
    await using database = await createDatabase(path.server);
    const others = relationOf({ table: 'others', columns: ['id integer!', 'name text'], key: ['id'] });
    await using sink = await openSink(database, path, { tables: { 'public.items': { writeMode: 'changelog' } } });
    await sink.start([items, others]);
    const mixed = transaction().insert(others, { id: 1, name: 'a' }).insert(items, { id: 1, code: 'a', note: 'n' });
    for (let id = 2; id < 30; id++) mixed.insert(others, { id, name: 'b' }).update(others, { id, name: 'c' });
    await write(sink, mixed.delete(others, { id: 1 }).delete(items, { id: 1 }));
    const [{ ids, names } = {}] = await database.query(
      'SELECT count(*)::int AS ids, array_agg(DISTINCT name) AS names FROM others',
    );
    expect([ids, names]).toEqual([28, ['c']]);
    expect(await database.query('SELECT _operation FROM items ORDER BY _sequence')).toEqual([
      { _operation: 'insert' },
      { _operation: 'delete' },
    ]);
  });
});

describe('target tables that do not fit', () => {
  const [path] = applyPaths();
  if (path === undefined) return;

  it('an existing table without the columns of a changelog is refused with the statements that add them', async () => {
    await using database = await createDatabase(path.server);
    await database.query('CREATE TABLE items (id integer PRIMARY KEY, code text, note text)');
    await using sink = await openSink(database, path, { writeMode: 'changelog' });
    const report = await sink.sink.validate(sink.context({ relations: [items] }));
    const found = report.items.filter(({ state, level }) => state === 'failed' && level === 'error');
    expect(found.map(({ code, fix }) => ({ code, fix }))).toEqual([
      ...['_operation text', '_position text', '_sequence bigint', '_committed_at timestamp with time zone']
        .concat('_unchanged text[]', '_before jsonb')
        .map((column) => ({
          code: 'SCHEMA_MISMATCH',
          fix: `ALTER TABLE "public"."items" ADD COLUMN "${column.replace(' ', '" ')};`,
        })),
      {
        code: 'TARGET_INDEX_STRICTER',
        fix: expect.stringContaining('indrelid = \'"public"."items"\'::regclass AND indisunique'),
      },
      { code: 'SCHEMA_MISMATCH', fix: 'ALTER TABLE "public"."items" ALTER COLUMN "id" DROP NOT NULL;' },
    ]);
    await expect(sink.start([items])).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    const drops = found.find(({ code }) => code === 'TARGET_INDEX_STRICTER')?.fix?.replace(/;.*$/, '') ?? '';
    expect(await database.query(drops)).toEqual([{ format: 'DROP INDEX items_pkey' }]);
  });

  it('its own columns may not be missing where those of the source may', async () => {
    await using database = await createDatabase(path.server);
    await database.query('CREATE TABLE items (id integer, code text)');
    await using sink = await openSink(database, path, { writeMode: 'changelog' });
    const context = sink.context({ relations: [items], missingColumns: 'left-out' });
    const { items: found } = await sink.sink.validate(context);
    const failed = found.filter(({ state }) => state === 'failed').map(({ code, level }) => `${code} ${level}`);
    expect([...new Set(failed)]).toEqual(['COLUMN_LEFT_OUT warning', 'SCHEMA_MISMATCH error']);
  });

  it('a column of the source with the name of one of its own, and a table that has no key to mark rows by', async () => {
    await using database = await createDatabase(path.server);
    const taken = relationOf({ table: 'taken', columns: ['id integer!', '_operation text'], key: ['id'] });
    const keyless = relationOf({ table: 'keyless', columns: ['id integer'] });
    await using sink = await openSink(database, path, {
      deletes: 'soft',
      tables: { 'public.taken': { writeMode: 'changelog' } },
    });
    const report = await sink.sink.validate(sink.context({ relations: [taken, keyless] }));
    expect(report.items.filter(({ state }) => state === 'failed')).toMatchObject([
      { code: 'WRITE_MODE_UNSUITABLE', message: expect.stringContaining('"_operation"') },
      { code: 'WRITE_MODE_UNSUITABLE', message: expect.stringContaining('public.keyless') },
    ]);
  });

  it('says before that updates of a table may not say whole rows to append', async () => {
    await using database = await createDatabase(path.server);
    await using sink = await openSink(database, path, { writeMode: 'append' });
    const report = await sink.sink.validate(sink.context({ relations: [items] }));
    const found = report.items.filter(({ state }) => state === 'failed');
    expect(found).toMatchObject([{ code: 'ROW_INCOMPLETE', level: 'warning' }]);
    const logged = await sink.sink.validate(sink.context({ relations: [full] }));
    expect(logged.items.filter(({ state }) => state === 'failed')).toEqual([]);
  });
});

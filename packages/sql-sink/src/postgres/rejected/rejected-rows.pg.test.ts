import { type Change, MillraceError } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createDatabase, type PostgresEndpoint, type TestDatabase } from '../../../../../test/harness/index.ts';
import { AnsweringSource } from '../../testing/answering-source.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { chunkOf } from '../../testing/chunks.ts';
import { catchingUp } from '../replay/replaying.test-support.ts';
import { applyPaths, items, openSink, write } from '../testing/apply-paths.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

/** A target that is stricter than its source. */
const strict = async (server: PostgresEndpoint): Promise<TestDatabase> => {
  const database = await createDatabase(server);
  await database.query(
    "CREATE TABLE items (id integer PRIMARY KEY, code varchar(5) UNIQUE, note text CHECK (note <> 'secret'))",
  );
  return database;
};

const ids = async (database: TestDatabase): Promise<readonly unknown[]> =>
  (await database.query('SELECT id FROM items ORDER BY id')).map(({ id }) => id);

const letters = (database: TestDatabase) =>
  database.query(`SELECT stream, sink, table_name, operation, position, sequence, "row", old_row, error_code, error_column
    FROM millrace.dead_letter ORDER BY id`);

const bad = { stream: 'test', sink: 'postgres', table_name: 'public.items', old_row: null, error_column: null };

/** Some good rows, and one between them that the target refuses. */
const withOneBad = (id = '0/1') => {
  const changes = transaction(id);
  for (let row = 1; row <= 20; row++)
    changes.insert(items, { id: row, code: `c${row}`, note: row === 7 ? 'secret' : 'fine' });
  return changes;
};

const parts = (changes: readonly Change[], size: number): readonly (readonly Change[])[] =>
  Array.from({ length: Math.ceil(changes.length / size) }, (_, at) => changes.slice(at * size, (at + 1) * size));

/** Writes a transaction in parts, as often as the sink asks for it; resolves with how often. */
const writeInParts = async (
  sink: SinkUnderTest,
  make: (attempt: number) => ReturnType<typeof transaction>,
  size: number,
) => {
  for (let attempt = 1; ; attempt++) {
    const whole = make(attempt);
    const pieces = parts(whole.changes, size);
    try {
      for (const piece of pieces.slice(0, -1)) await sink.writePart(piece, whole);
      await sink.write(pieces.at(-1) ?? [], '0/9');
      return attempt;
    } catch (error) {
      if (!(error instanceof MillraceError) || error.recovery !== 'retry') throw error;
      await sink.reopen();
    }
  }
};

describe.each(applyPaths())('rows that the target refuses: $name', (path) => {
  it('end the stream unless told', async () => {
    await using database = await strict(path.server);
    await using sink = await openSink(database, path);
    await expect(write(sink, withOneBad())).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' });
    expect(await ids(database)).toEqual([]);
  });

  it('are kept in the table dead_letter, with what identifies them, and everything else is written', async () => {
    await using database = await strict(path.server);
    await using sink = await openSink(database, path, { rejectedRows: 'dead-letter' });
    const changes = withOneBad()
      .insert(items, { id: 30, code: 'too long', note: null })
      .insert(items, { id: 31, code: 'c1', note: 'another has its code' })
      .insert(items, { id: 32, code: 'zero', note: 'a\0b' })
      .update(items, { id: 2, code: 'much too long', note: 'x' }, { id: 1 })
      .delete(items, { id: 3 })
      .insert(items, { id: 33, code: 'last', note: null });
    await write(sink, changes);
    const all = Array.from({ length: 20 }, (_, at) => at + 1).filter((id) => id !== 7 && id !== 3);
    expect(await ids(database)).toEqual([...all, 33]);
    expect(await letters(database)).toEqual([
      {
        ...{ ...bad, operation: 'insert', position: '0/1', sequence: '6', error_code: '23514' },
        row: { id: '7', code: 'c7', note: 'secret' },
      },
      {
        ...{ ...bad, operation: 'insert', position: '0/1', sequence: '20', error_code: '22001', error_column: 'code' },
        row: { id: '30', code: 'too long', note: null },
      },
      {
        ...{ ...bad, operation: 'insert', position: '0/1', sequence: '21', error_code: '23505' },
        row: { id: '31', code: 'c1', note: 'another has its code' },
      },
      {
        ...{ ...bad, operation: 'insert', position: '0/1', sequence: '22', error_code: 'VALUE_REJECTED' },
        ...{ row: { id: '32', code: 'zero', note: { base64: Buffer.from('a\0b').toString('base64') } } },
        error_column: 'note',
      },
      {
        ...{ ...bad, operation: 'update', position: '0/1', sequence: '23', error_code: '22001', error_column: 'code' },
        ...{ row: { id: '2', code: 'much too long', note: 'x' }, old_row: { id: '1' } },
      },
    ]);
    const warnings = sink.events.filter(({ code }) => code === 'ROWS_DEAD_LETTERED');
    expect(warnings.map(({ details }) => details)).toContainEqual({
      ...{ table: 'public.items', count: 2, error: '22001', column: 'code', constraint: null },
    });
    expect(JSON.stringify(sink.events)).not.toMatch(/secret|too long/);
    expect(await database.query('SELECT position FROM millrace.checkpoint')).toEqual([{ position: '0/1' }]);
  });

  it('are counted only, with skip', async () => {
    await using database = await strict(path.server);
    await using sink = await openSink(database, path, { rejectedRows: 'skip' });
    await write(sink, withOneBad());
    expect((await ids(database)).length).toBe(19);
    expect(sink.events.filter(({ type }) => type === 'warning')).toMatchObject([
      {
        code: 'ROWS_SKIPPED',
        details: { table: 'public.items', count: 1, error: '23514', constraint: 'items_note_check' },
      },
    ]);
    expect(await database.query("SELECT to_regclass('millrace.dead_letter')::text AS oid")).toEqual([{ oid: null }]);
  });

  it.each(['skip', 'dead-letter'] as const)('end the stream when there are too many (%s)', async (policy) => {
    await using database = await strict(path.server);
    await using sink = await openSink(database, path, { rejectedRows: { policy, maxRows: 2 } });
    await write(sink, withOneBad());
    await write(sink, transaction('0/2').insert(items, { id: 40, code: 'd', note: 'secret' }), '0/2');
    const third = transaction('0/3').insert(items, { id: 41, code: 'e', note: 'fine' });
    await expect(write(sink, third.insert(items, { id: 42, code: 'f', note: 'secret' }), '0/3')).rejects.toMatchObject({
      code: 'TOO_MANY_REJECTED_ROWS',
      recovery: 'operator',
      details: { maxRows: 2 },
    });
    expect((await ids(database)).length).toBe(19);
    expect((await sink.reopen()).position).toBe('0/2');
    if (policy !== 'dead-letter') return;
    expect((await letters(database)).length).toBe(2);
    await database.query('DELETE FROM millrace.dead_letter');
    await write(sink, third, '0/3');
    expect((await letters(database)).length).toBe(1);
  });

  it('of a large transaction are left out in its next attempt', async () => {
    await using database = await strict(path.server);
    await using sink = await openSink(database, path, { rejectedRows: 'dead-letter' });
    const large = () => {
      const changes = transaction('0/5');
      for (let id = 1; id <= 80; id++)
        changes.insert(items, { id, code: `c${id}`, note: [3, 4, 50, 79].includes(id) ? 'secret' : 'fine' });
      return changes;
    };
    // From the thirty-first part on no savepoint is left.
    expect(await writeInParts(sink, large, 2)).toBe(path.alwaysSequentially ? 2 : 3);
    expect((await ids(database)).length).toBe(76);
    expect((await letters(database)).map(({ sequence }) => sequence)).toEqual(['2', '3', '49', '78']);
  });

  it('of a table that is copied in one transaction, too, which is another one in each attempt', async () => {
    await using database = await strict(path.server);
    await using sink = await openSink(database, path, { rejectedRows: 'dead-letter' });
    const copy = (attempt: number) => {
      const changes = transaction(`public.items@0/${attempt}`);
      for (let at = 0; at < 80; at++) {
        // In another order each time.
        const id = (at + attempt * 7) % 80;
        changes.read(items, { id, code: null, note: id % 30 === 3 ? 'secret' : 'fine' });
      }
      return changes;
    };
    expect(await writeInParts(sink, copy, 2)).toBeLessThanOrEqual(4);
    expect((await ids(database)).length).toBe(77);
    expect((await letters(database)).map(({ row }) => row.id).sort()).toEqual(['3', '33', '63']);
    expect((await letters(database)).every(({ operation }) => operation === 'read')).toBe(true);
  });

  it('end the stream also where a table is copied in one transaction, which is another one in each attempt', async () => {
    await using database = await strict(path.server);
    await using sink = await openSink(database, path);
    const copy = (attempt: number) =>
      transaction(`public.items@0/${attempt}`)
        .read(items, { id: 1, code: null, note: 'fine' })
        .read(items, { id: 2, code: null, note: 'secret' })
        .read(items, { id: 3, code: null, note: 'fine' });
    await expect(writeInParts(sink, copy, 1)).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' });
  });

  it('of a chunk are left out, and its progress is saved with them', async () => {
    await using database = await strict(path.server);
    await using sink = await openSink(database, path, { rejectedRows: 'dead-letter' });
    await sink.saveTables({ 'public.items': { state: 'copying', from: '0/1', ranges: [], through: null } });
    const rows = Array.from({ length: 100 }, (_, id) => ({
      id: String(id),
      code: `c${id}`,
      note: id % 40 === 5 ? 'secret' : null,
    }));
    await sink.writeChunk(chunkOf(items, rows));
    expect((await ids(database)).length).toBe(97);
    const kept = (await letters(database)).map(({ operation, position, row }) => [operation, position, row.id]);
    expect(kept).toEqual([
      ['read', null, '5'],
      ['read', null, '45'],
      ['read', null, '85'],
    ]);
    expect(await database.query('SELECT rows FROM millrace.copy_range')).toEqual([{ rows: '100' }]);
    expect(sink.codes).toEqual(['ROWS_DEAD_LETTERED']);
  });

  it('are left out while a table catches up, also those that are read again', async () => {
    await using database = await strict(path.server);
    await using sink = new SinkUnderTest({ connection: database.url, rejectedRows: 'dead-letter' }, path);
    const source = new AnsweringSource(
      items,
      { id: '9', code: 'r', note: 'secret' },
      { id: '10', code: 's', note: 'back' },
    );
    await sink.open({ relations: [items], reselect: source.reselect });
    await sink.saveTables({ 'public.items': catchingUp });
    const changes = withOneBad('0/2').changes.slice(0, 8);
    const updates = transaction('0/3').update(items, { id: 9, code: 'r' }).update(items, { id: 10, code: 's' });
    await sink.replay([...changes, ...updates.changes], '0/3');
    expect(await ids(database)).toEqual([1, 2, 3, 4, 5, 6, 8, 10]);
    const kept = (await letters(database)).map(({ operation, error_code: code, row }) => [operation, code, row.id]);
    expect(kept.sort()).toEqual([
      ['insert', '23514', '7'],
      ['read', '23514', '9'],
    ]);
  });

  it('what is the fault of no row ends the stream all the same', async () => {
    await using database = await strict(path.server);
    await using sink = await openSink(database, path, { rejectedRows: 'dead-letter' });
    await write(sink, transaction().insert(items, { id: 1, code: 'a', note: null }));
    await database.query('ALTER TABLE items RENAME note TO remark');
    await expect(write(sink, withOneBad('0/2'), '0/2')).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    expect(await letters(database)).toEqual([]);
  });

  it('a group in which half of the rows are refused holds few subtransactions', async () => {
    await using database = await strict(path.server);
    const hasCount = (await database.query("SELECT to_regproc('pg_stat_get_backend_subxact') IS NOT NULL AS has"))[0]
      ?.has;
    if (hasCount !== true) return;
    await database.query(`CREATE TABLE seen (count int, overflowed bool);
      CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_stat_clear_snapshot();
        INSERT INTO public.seen SELECT s.subxact_count, s.subxact_overflowed
          FROM pg_stat_get_backend_idset() AS b(id), pg_stat_get_backend_subxact(b.id) s
          WHERE pg_stat_get_backend_pid(b.id) = pg_backend_pid();
        RETURN NULL; END $$;
      CREATE TRIGGER look AFTER INSERT ON items FOR EACH ROW EXECUTE FUNCTION look();
      ALTER TABLE items ENABLE ALWAYS TRIGGER look`);
    await using sink = await openSink(database, path, { rejectedRows: 'dead-letter' });
    const changes = transaction();
    for (let id = 1; id <= 200; id++)
      changes.insert(items, { id, code: `c${id}`, note: id % 2 === 0 ? 'secret' : 'fine' });
    await write(sink, changes);
    expect((await ids(database)).length).toBe(100);
    expect(
      await database.query(
        'SELECT max(count) > 20 AS some, max(count) <= 32 AS few, bool_or(overflowed) AS over FROM seen',
      ),
    ).toEqual([{ some: true, few: true, over: false }]);
  });
});

it('an append table keeps what it refuses, too', async () => {
  const [path] = applyPaths();
  if (path === undefined) return;
  await using database = await createDatabase(path.server);
  await database.query("CREATE TABLE events (id int, note text CHECK (note <> 'secret'))");
  const events = relationOf({ table: 'events', columns: ['id integer!', 'note text'], key: ['id'] });
  await using sink = await openSink(database, path, { writeMode: 'append', rejectedRows: 'dead-letter' });
  await write(sink, transaction().insert(events, { id: 1, note: 'secret' }).insert(events, { id: 1, note: 'fine' }));
  expect(await database.query('SELECT note FROM events')).toEqual([{ note: 'fine' }]);
  expect((await letters(database)).map(({ row }) => row)).toEqual([{ id: '1', note: 'secret' }]);
});

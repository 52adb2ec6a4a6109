import { describe, expect, it } from 'vitest';
import { createDatabase } from '../../../../../test/harness/index.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { applyPaths, openSink, write } from '../testing/apply-paths.ts';

describe.each(applyPaths())('rows without a key: $name', (path) => {
  it('rows without a key are found by all their columns, exactly one of several equal ones', async () => {
    await using database = await createDatabase(path.server);
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
    await using sink = await openSink(database, path);
    await sink.sink.prepare?.([log], 'stream', new AbortController().signal);
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
    await using database = await createDatabase(path.server);
    await database.query('CREATE TYPE pair AS (a int, b int); CREATE TABLE pairs (p pair, t text)');
    await database.query("INSERT INTO pairs VALUES (ROW(NULL, NULL), 'row'), (NULL, 'row')");
    const pairs = relationOf({ table: 'pairs', columns: ['p public.pair', 't text'], identity: 'full' });
    await using sink = await openSink(database, path);
    await write(sink, transaction().delete(pairs, { p: null, t: 'row' }));
    expect(await database.query('SELECT p IS NOT DISTINCT FROM NULL AS empty FROM pairs')).toEqual([{ empty: false }]);
  });

  it('a row without key of a partitioned target is found in its partition', async () => {
    await using database = await createDatabase(path.server);
    await database.query(`CREATE TABLE parted (a int, b int) PARTITION BY LIST (a);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1); CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
      INSERT INTO parted VALUES (1, 1), (2, 1)`);
    const parted = relationOf({ table: 'parted', columns: ['a integer', 'b integer'], identity: 'full' });
    await using sink = await openSink(database, path);
    await write(sink, transaction().update(parted, { a: 2, b: 5 }, { a: 2, b: 1 }).delete(parted, { a: 1, b: 1 }));
    expect(await database.query('SELECT * FROM parted')).toEqual([{ a: 2, b: 5 }]);
  });

  it('a change that says neither key nor old row is refused', async () => {
    await using database = await createDatabase(path.server);
    await database.query('CREATE TABLE log (t text)');
    const log = relationOf({ table: 'log', columns: ['t text'], identity: 'none' });
    await using sink = await openSink(database, path);
    const update = transaction().update(log, { t: 'x' });
    await expect(write(sink, update)).rejects.toMatchObject({ code: 'ROW_NOT_IDENTIFIED' });
  });
});

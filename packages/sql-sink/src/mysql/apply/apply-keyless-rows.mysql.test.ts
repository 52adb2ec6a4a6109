import { describe, expect, it } from 'vitest';
import { createMysqlDatabase } from '../../../../../test/harness/index.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { write } from '../../testing/driven-sink.ts';
import { applyPaths, openSink } from '../testing/apply-paths.ts';

const columns = [
  'f double precision',
  'r real',
  'n numeric(6,2)',
  'j json',
  'b bytea',
  'at timestamp without time zone',
  't text',
];
const row = {
  f: '0.1',
  r: '0.1',
  n: '1.50',
  j: '{"a" : 1}',
  b: String.raw`\x00ff`,
  at: '2024-02-03 04:05:06.000007',
  t: 'a',
};

describe.each(applyPaths())('rows without a key at $name', (path) => {
  it.each([
    { tables: 'as they are made', create: null },
    {
      tables: 'with JSON and text that ignores case and spaces',
      create: `CREATE TABLE log (f double, r float, n decimal(6,2), j json, b varbinary(10), at datetime(6),
        t varchar(20) COLLATE utf8mb4_general_ci)`,
    },
    {
      tables: 'whose rows the target numbers by itself',
      create: `CREATE TABLE log (id bigint AUTO_INCREMENT PRIMARY KEY, f double, r float, n decimal(6,2), j longtext,
        b varbinary(10), at datetime(6), t varchar(20) COLLATE utf8mb4_bin)`,
    },
  ])('are found by all their columns, exactly one of several equal ones: tables $tables', async ({ create }) => {
    await using database = await createMysqlDatabase(path.server);
    const log = relationOf({ table: 'log', columns, identity: 'full' });
    await using sink = await openSink(database, path);
    if (create === null) await sink.sink.prepare?.([log], 'stream', new AbortController().signal);
    else await database.query(create);
    const others = [{ t: 'A' }, { t: 'a ' }, { t: null }, { r: '0.10000001' }, { f: '0.10000000000000002' }];
    const inserts = transaction().insert(log, row).insert(log, row).insert(log, row);
    for (const other of others) inserts.insert(log, { ...row, ...other });
    await write(sink, inserts);
    await write(
      sink,
      transaction('0/2')
        .delete(log, row)
        .update(log, { ...row, t: 'changed' }, row)
        .delete(log, { ...row, t: null })
        .update(log, { ...row, t: 'b ' }, { ...row, t: 'a ' }),
      '0/2',
    );
    const texts = await database.query<{ t: string }>('SELECT t FROM log');
    expect(texts.map(({ t }) => t).sort()).toEqual(['A', 'a', 'a', 'a', 'b ', 'changed']);
    expect(sink.events).toEqual([]);
  });

  it('a row that is not there is missed', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query("CREATE TABLE log (t text); INSERT INTO log VALUES ('a')");
    const log = relationOf({ table: 'log', columns: ['t text'], identity: 'full' });
    await using sink = await openSink(database, path);
    await write(sink, transaction().delete(log, { t: 'A' }).delete(log, { t: 'a ' }));
    expect(await database.query('SELECT * FROM log')).toEqual([{ t: 'a' }]);
    expect(sink.codes.filter((code) => code === 'DELETE_MISSED')).toHaveLength(1);
  });

  it('a change that says neither key nor old row is refused', async () => {
    await using database = await createMysqlDatabase(path.server);
    await database.query('CREATE TABLE log (t text)');
    const log = relationOf({ table: 'log', columns: ['t text'], identity: 'none' });
    await using sink = await openSink(database, path);
    const update = transaction().update(log, { t: 'x' });
    await expect(write(sink, update)).rejects.toMatchObject({ code: 'ROW_NOT_IDENTIFIED' });
  });
});

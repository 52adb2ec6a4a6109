import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, startMysql } from '../../../../../test/harness/index.ts';
import type { MysqlServer } from '../../../../testkit/src/servers/index.ts';
import { items } from '../../postgres/testing/apply-paths.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { write } from '../../testing/driven-sink.ts';
import { createItems, openSink } from '../testing/apply-paths.ts';

const packet = 1024 * 1024;
const names = mysqlNames().filter((name) => name !== 'mariadb-10.11');
const ways = [true, false].map((alwaysSequentially) => ({ limits: { alwaysSequentially, loadedRows: 2 } }));

const lines = relationOf({
  table: 'lines_of_text',
  columns: ['t text', 'at timestamp with time zone'],
  identity: 'full',
});

describe.each(names)('at a %s whose settings are others', (name) => {
  let server: MysqlServer;
  beforeAll(async () => {
    server = await startMysql({
      name,
      settings: {
        sql_mode: 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT',
        character_set_server: 'latin1',
        default_time_zone: '+05:00',
        autocommit: 'OFF',
        completion_type: 'CHAIN',
        transaction_isolation: 'SERIALIZABLE',
        init_connect: 'SET SESSION foreign_key_checks = 1, sql_safe_updates = 1, sql_select_limit = 1',
        innodb_buffer_pool_size: '32M',
        max_allowed_packet: String(packet),
      },
    });
  });
  afterAll(() => server.stop());

  it.each(ways)('values arrive as they are: $limits', async ({ limits }) => {
    await using database = await createMysqlDatabase(server);
    const user = await database.createUser();
    await database.query(`SET SESSION autocommit = 1; ${createItems};
      CREATE TABLE lines_of_text (t longtext CHARACTER SET utf8mb4, at timestamp(6) NULL)`);
    await using sink = await openSink({ ...database, url: user.url }, { limits });
    const note = 'ö🙂 \\ \'quoted\' "too" \\n';
    const rows = [
      { t: note, at: '2024-07-01 12:00:00+00' },
      { t: 'short\\', at: '2024-01-01 00:00:00+00' },
    ];
    const inserts = transaction();
    for (const row of rows) inserts.insert(lines, row);
    for (const id of [1, 2, 3]) inserts.insert(items, { id, code: null, note });
    await write(sink, inserts);
    const changes = transaction('0/2')
      .delete(lines, rows[1] ?? {})
      .delete(items, { id: 1 })
      .update(items, { id: 2, code: "'\\", note: 'it\\' });
    await write(sink, changes, '0/2');
    await database.query("SET NAMES utf8mb4, time_zone = '+00:00'");
    expect(await database.query('SELECT t, CAST(at AS CHAR) AS at FROM lines_of_text')).toEqual([
      { t: note, at: '2024-07-01 12:00:00.000000' },
    ]);
    expect(await database.query('SELECT * FROM items')).toEqual([
      { id: 2, code: "'\\", note: 'it\\' },
      { id: 3, code: null, note },
    ]);
    expect(sink.events).toEqual([]);
  });

  it.each(ways)('rows that are large together are written: $limits', async ({ limits }) => {
    await using database = await createMysqlDatabase(server);
    await database.query(`SET SESSION autocommit = 1; ${createItems.replace(' text', ' longtext')}`);
    await using sink = await openSink(database, { limits: { ...limits, loadedRows: 1_000 } });
    const large = (id: number, letter: string) => ({ id, code: null, note: letter.repeat(packet * 0.7) });
    const inserts = transaction();
    for (const id of [1, 2, 3, 4, 5]) inserts.insert(items, large(id, 'a'));
    await write(sink, inserts);
    const updates = transaction('0/2');
    for (const id of [1, 2, 3]) updates.update(items, large(id, 'b'));
    await write(sink, updates, '0/2');
    const count = 'SELECT LEFT(note, 1) AS letter, COUNT(*) AS found FROM items WHERE LENGTH(note) > 700000 GROUP BY 1';
    expect(await database.query(`${count} ORDER BY 1`)).toEqual([
      { letter: 'a', found: 2 },
      { letter: 'b', found: 3 },
    ]);
    expect(sink.events).toEqual([]);
  });

  it.each(ways)('a row that has no room behind small ones is written: $limits', async ({ limits }) => {
    await using database = await createMysqlDatabase(server);
    await database.query(`SET SESSION autocommit = 1; ${createItems.replace(' text', ' longtext')}`);
    await using sink = await openSink(database, { limits: { ...limits, loadedRows: 1_000 } });
    const row = (id: number, letter: string) => ({
      id,
      code: null,
      note: letter.repeat(id % 100 === 0 ? packet * 0.7 : 8_000),
    });
    const ids = Array.from({ length: 120 }, (_, at) => at + 1);
    const inserts = transaction();
    for (const id of ids) inserts.insert(items, row(id, 'a'));
    await write(sink, inserts);
    const updates = transaction('0/2');
    for (const id of ids.slice(0, 110)) updates.update(items, row(id, 'b'));
    await write(sink, updates, '0/2');
    const count =
      'SELECT LEFT(note, 1) AS letter, COUNT(*) AS found, MAX(LENGTH(note)) AS longest FROM items GROUP BY 1';
    expect(await database.query(`${count} ORDER BY 1`)).toEqual([
      { letter: 'a', found: 10, longest: 8_000 },
      { letter: 'b', found: 110, longest: Math.floor(packet * 0.7) },
    ]);
    expect(sink.events).toEqual([]);
  });

  it.each(ways)('what it refuses while it takes no writes is written again later: $limits', async ({ limits }) => {
    await using database = await createMysqlDatabase(server);
    const user = await database.createUser();
    await database.query(`SET SESSION autocommit = 1; ${createItems}`);
    await using sink = await openSink({ ...database, url: user.url }, { limits });
    const inserts = transaction().insert(items, { id: 1, code: null, note: 'new' });
    const refused = { code: 'SERVER_READ_ONLY', recovery: 'retry' };
    await database.query('SET GLOBAL read_only = ON');
    try {
      await expect(write(sink, inserts)).rejects.toMatchObject(refused);
      await expect(sink.reopen()).rejects.toMatchObject(refused);
    } finally {
      await database.query('SET GLOBAL read_only = OFF');
    }
    await sink.reopen();
    await write(sink, inserts);
    expect(await database.query('SELECT id FROM items')).toEqual([{ id: 1 }]);
    expect(sink.events).toEqual([]);
  });

  it.each(ways)('a row larger than the server takes is refused, with what helps: $limits', async ({ limits }) => {
    await using database = await createMysqlDatabase(server);
    await database.query(`SET SESSION autocommit = 1; ${createItems.replace(' text', ' longtext')}`);
    await using sink = await openSink(database, { limits: { ...limits, loadedRows: 1_000 } });
    await write(sink, transaction().insert(items, { id: 1, code: null, note: 'small' }));
    const inserts = transaction('0/2');
    for (const id of [2, 3]) inserts.insert(items, { id, code: null, note: 'private'.repeat(packet / 5) });
    const updates = transaction('0/2').update(items, { id: 1, code: null, note: 'private'.repeat(packet / 5) });
    for (const changes of [inserts, updates]) {
      const error = await write(sink, changes, '0/2').catch((reason: Error) => reason);
      expect(error).toMatchObject({ code: 'VALUE_REJECTED', recovery: 'operator' });
      expect(String((error as { hint?: string }).hint)).toContain('max_allowed_packet = 2097152');
      expect(JSON.stringify([error, String(error?.cause), String(error)])).not.toContain('private');
      expect(await sink.reopen()).toMatchObject({ position: '0/1' });
    }
  });
});

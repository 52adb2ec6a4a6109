import { type ColumnState, valuePlaces } from '@millrace/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlServer,
  type MysqlTestDatabase,
  mysqlNames,
  startMysql,
} from '../../../../test/harness/index.ts';
import type { TableMap } from '../binlog/table-map.ts';
import type { TableDefinition } from '../schema/table-definition.ts';
import { loggedEvents, loggedRows } from './logged-rows.test-support.ts';

/** What an image says, with the states of columns that it does not have a value for. */
const said = (
  row: { state(column: number): ColumnState; text(column: number): string | null } | null,
  count: number,
) =>
  row === null
    ? null
    : Array.from({ length: count }, (_, column) =>
        row.state(column) === 'value' ? row.text(column) : `<${row.state(column)}>`,
      );

describe.each(mysqlNames())('the images of rows of %s', (name) => {
  let server: MysqlServer;
  let database: MysqlTestDatabase;

  beforeAll(async () => {
    server = await startMysql({ name });
    database = await createMysqlDatabase(server);
  });
  afterAll(async () => {
    await database?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  const logged = async (table: string, count: number) => {
    const { changes } = loggedRows(await loggedEvents(server), table);
    const places = valuePlaces();
    return [...changes].map(({ op, image }, index) => {
      const { before, after } = image;
      // Copies say the same, and so do the places that a sink reads.
      for (const row of [before, after]) {
        if (row === null) continue;
        expect(said(row.keep(), count)).toEqual(said(row, count));
        const packed = row.pack?.();
        expect(packed && said(packed.unpack(Buffer.from(packed.bytes)), count)).toEqual(said(row, count));
        changes.indexed?.place(index, row === before ? 'before' : 'after', places);
        const placed = places.starts.map((start, column) =>
          start < 0 ? null : places.bytes.toString('utf8', start, places.ends[column]),
        );
        expect(placed).toEqual(Array.from({ length: count }, (_, column) => row.text(column)));
      }
      return [op, said(before, count), said(after, count)];
    });
  };

  it('whole rows', async () => {
    await database.query(`
      CREATE TABLE whole (id int PRIMARY KEY, a text, b int);
      INSERT INTO whole VALUES (1, 'x', NULL), (2, 'y', 2);
      UPDATE whole SET b = 3;
      DELETE FROM whole WHERE id = 1;
      UPDATE whole SET id = 4`);
    expect(await logged('whole', 3)).toEqual([
      ['insert', null, ['1', 'x', '<null>']],
      ['insert', null, ['2', 'y', '2']],
      ['update', ['1', 'x', '<null>'], ['1', 'x', '3']],
      ['update', ['2', 'y', '2'], ['2', 'y', '3']],
      ['delete', ['1', 'x', '3'], null],
      ['update', ['2', 'y', '3'], ['4', 'y', '3']],
    ]);
  });

  it('with binlog_row_image=MINIMAL a column that was left out is not NULL', async () => {
    const connection = await database.connect();
    await connection.query("SET SESSION binlog_row_image = 'MINIMAL'");
    for (const sql of [
      'CREATE TABLE minimal (id int PRIMARY KEY, a text, b int DEFAULT 7)',
      "INSERT INTO minimal (id, a) VALUES (1, 'x')",
      'UPDATE minimal SET a = NULL',
      'UPDATE minimal SET id = 2',
      'DELETE FROM minimal',
    ])
      await connection.query(sql);
    const [insert, ...others] = await logged('minimal', 3);
    expect(insert?.slice(0, 2)).toEqual(['insert', null]);
    expect(others).toEqual([
      ['update', ['1', '<absent>', '<absent>'], ['1', '<null>', '<unchanged>']],
      ['update', ['1', '<absent>', '<absent>'], ['2', '<unchanged>', '<unchanged>']],
      ['delete', ['2', '<absent>', '<absent>'], null],
    ]);
  });

  it('with binlog_row_image=NOBLOB an update leaves texts out that it does not touch', async () => {
    const connection = await database.connect();
    await connection.query("SET SESSION binlog_row_image = 'NOBLOB'");
    for (const sql of [
      'CREATE TABLE noblob (id int PRIMARY KEY, a text, b int)',
      "INSERT INTO noblob VALUES (1, 'x', 1)",
      'UPDATE noblob SET b = 2',
      "UPDATE noblob SET a = 'y'",
    ])
      await connection.query(sql);
    expect((await logged('noblob', 3)).slice(1)).toEqual([
      ['update', ['1', '<absent>', '1'], ['1', '<unchanged>', '2']],
      ['update', ['1', '<absent>', '2'], ['1', 'y', '2']],
    ]);
  });

  it.runIf(name === 'mysql')('changes of JSON documents are applied to the documents before', async () => {
    const connection = await database.connect();
    await connection.query("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'");
    const long = `"long": "${'0123456789'.repeat(20)}"`;
    await connection.query('CREATE TABLE partial (id int PRIMARY KEY, a json, b int, c json)');
    const updates = [
      `INSERT INTO partial VALUES (1, '{"a": 1, "b": [1, 2, 3], "c": {"d": "x"}, ${long}}', 5, '[1, 2, 3, ${'0, '.repeat(100)}0]')`,
      "UPDATE partial SET a = JSON_SET(a, '$.a', 2, '$.c.d', 'yy')",
      "UPDATE partial SET a = JSON_REMOVE(a, '$.b[1]'), c = JSON_SET(c, '$[1]', 'z')",
      `UPDATE partial SET a = JSON_SET(a, '$.new', 1.0, '$."a b"', JSON_ARRAY(1, JSON_OBJECT()), '$.aa', NULL)`,
      `UPDATE partial SET a = JSON_SET(a, '$."a b"[1]."ä.[0]"', CAST('2026-01-02' AS DATE)), b = 6`,
      "UPDATE partial SET c = JSON_REPLACE(c, '$[2]', JSON_OBJECT('deep', JSON_ARRAY(1, 2)))",
      "UPDATE partial SET c = JSON_REMOVE(c, '$[2].deep[0]'), a = JSON_REMOVE(a, '$.long')",
      'UPDATE partial SET b = 7',
      "UPDATE partial SET a = '{}'",
      'UPDATE partial SET a = NULL',
    ];
    const expected: (readonly unknown[])[] = [];
    for (const sql of updates) {
      await connection.query(sql);
      const [rows] = await connection.query({
        sql: 'SELECT CAST(a AS CHAR), b, CAST(c AS CHAR) FROM partial',
        rowsAsArray: true,
      });
      expected.push(...(rows as unknown[][]).map(([a, b, c]) => ['1', a ?? '<null>', String(b), c]));
    }
    const events = await loggedEvents(server);
    expect(events.some((event) => event.kind === 'rows' && event.partialJson)).toBe(true);
    expect((await logged('partial', 4)).map(([, , after]) => after)).toEqual(expected);
  });

  it.runIf(name === 'mysql')('changes of a JSON document without the document before are an error', async () => {
    const connection = await database.connect();
    await connection.query("SET SESSION binlog_row_value_options = 'PARTIAL_JSON', binlog_row_image = 'MINIMAL'");
    await connection.query('CREATE TABLE lost (id int PRIMARY KEY, a json)');
    await connection.query(`INSERT INTO lost VALUES (1, '[1, "${'x'.repeat(300)}"]')`);
    await connection.query("UPDATE lost SET a = JSON_SET(a, '$[0]', 2)");
    const update = [...loggedRows(await loggedEvents(server), 'lost').changes][1];
    expect(() => update?.image.after?.text(1)).toThrow(expect.objectContaining({ code: 'JSON_INCOMPLETE' }));
    expect(update?.image.after?.text(0)).toBe('1');
  });

  it('dates that the calendar does not have, by policy', async () => {
    const connection = await database.connect();
    await connection.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
    await connection.query(
      'CREATE TABLE dates (id int PRIMARY KEY, a date, b datetime(3), c timestamp NULL, d timestamp(6) NULL)',
    );
    await connection.query("INSERT INTO dates VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00')");
    await connection.query(
      "INSERT INTO dates VALUES (2, '2020-00-15', '2020-02-31 10:00:00', '2020-01-01', '2020-01-01')",
    );
    const events = await loggedEvents(server);
    const rows = (zeroDates?: 'null' | { readonly value: string }) =>
      [...loggedRows(events, 'dates', zeroDates && { zeroDates }).changes].map(({ image }) => image.after);
    for (const row of rows())
      for (const column of [1, 2])
        expect(() => row?.text(column)).toThrow(expect.objectContaining({ code: 'DECODE_FAILED' }));
    expect(rows('null').map((row) => said(row, 5))).toEqual([
      ['1', '<null>', '<null>', '<null>', '<null>'],
      ['2', '<null>', '<null>', '2020-01-01 00:00:00+00', '2020-01-01 00:00:00.000000+00'],
    ]);
    expect(rows('null')[0]?.toObject()).toEqual({ id: 1, a: null, b: null, c: null, d: null });
    expect(rows({ value: '1970-01-01' }).map((row) => said(row, 5))).toEqual([
      ['1', '1970-01-01', '1970-01-01 00:00:00.000', '1970-01-01 00:00:00+00', '1970-01-01 00:00:00.000000+00'],
      ['2', '1970-01-01', '1970-01-01 00:00:00.000', '2020-01-01 00:00:00+00', '2020-01-01 00:00:00.000000+00'],
    ]);
  });

  it.runIf(name !== 'mysql')('times in the form before MySQL 5.6, by the definition of their table', async () => {
    const connection = await database.connect();
    await connection.query("SET time_zone = '+00:00', GLOBAL mysql56_temporal_format = OFF");
    const digits = [0, 1, 2, 3, 4, 5, 6];
    const columns = digits.flatMap((count) => [
      `t${count} time(${count})`,
      `d${count} datetime(${count})`,
      `s${count} timestamp(${count}) NULL`,
    ]);
    await connection.query(`CREATE TABLE old (id int PRIMARY KEY, ${columns}, last int)`);
    await connection.query('SET GLOBAL mysql56_temporal_format = ON');
    for (const [id, time, datetime] of [
      [1, '-12:34:56.789123', '2026-01-02 03:04:05.123456'],
      [2, '838:59:59', '9999-12-31 23:59:59'],
      [3, '-00:00:00.5', '1000-01-01 00:00:00.000001'],
    ] as const)
      await connection.query(
        `INSERT INTO old VALUES (${id}, ${digits.map(() => `'${time}', '${datetime}', '2026-01-02 03:04:05.123456'`)}, 77)`,
      );
    const events = await loggedEvents(server);
    expect(() => loggedRows(events, 'old')).toThrow(/says too little/);
    const defined = (type: string, name: string) => ({
      name,
      type,
      collation: null,
      nullable: true,
      generated: null,
      invisible: false,
    });
    const definition = (map: TableMap): TableDefinition => ({
      schema: map.schema,
      table: 'old',
      columns: [
        defined('int', 'id'),
        ...digits.flatMap((count) =>
          ['time', 'datetime', 'timestamp'].map((type) =>
            defined(
              count === 0 ? type : `${type}(${count})`,
              `${type[0] === 't' && type !== 'time' ? 's' : type[0]}${count}`,
            ),
          ),
        ),
        defined('int', 'last'),
      ],
      primaryKey: ['id'],
    });
    const { changes } = loggedRows(events, 'old', { definition });
    const texts = ['id', ...columns.map((column) => column.slice(0, 2)), 'last'].map((column) =>
      column.startsWith('s') ? `CONCAT(${column}, '+00')` : `CAST(${column} AS CHAR)`,
    );
    const [expected] = await connection.query({ sql: `SELECT ${texts} FROM old ORDER BY id`, rowsAsArray: true });
    expect([...changes].map(({ image }) => said(image.after, texts.length))).toEqual(expected);
  });

  it('JavaScript values', async () => {
    await database.query(`
      CREATE TABLE js (id int unsigned PRIMARY KEY, a tinyint, b bigint, c bigint unsigned, d decimal(20, 2), e double, f float,
        g blob, h datetime(3), i timestamp(6) NULL, j year, k json, l time, m date, n bit(3), o enum('x', 'y'));
      INSERT INTO js VALUES (4294967295, -1, -9223372036854775808, 18446744073709551615, 1.50, 0.1, 0.1, x'00ff',
        '2026-01-02 03:04:05.678', NULL, 2026, '{"a": [1, null]}', '-10:00:00', '2026-01-02', 5, 'y')`);
    const [change] = loggedRows(await loggedEvents(server), 'js').changes;
    expect(change?.after).toEqual({
      id: 4294967295n,
      a: -1,
      b: -9223372036854775808n,
      c: 18446744073709551615n,
      d: '1.50',
      e: 0.1,
      f: 0.1,
      g: Buffer.from([0, 255]),
      h: '2026-01-02T03:04:05.678',
      i: null,
      j: 2026,
      k: name === 'mysql' ? { a: [1, null] } : '{"a": [1, null]}',
      l: '-10:00:00',
      m: '2026-01-02',
      n: '101',
      o: 'y',
    });
  });
});

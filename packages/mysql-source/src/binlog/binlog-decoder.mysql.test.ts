import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlServer,
  type MysqlTestDatabase,
  mysqlNames,
  startMysql,
} from '../../../../test/harness/index.ts';
import type { BinlogEvent } from './binlog-event.ts';
import { decodeLog, inOneLine } from './decode-log.test-support.ts';
import { dumpBehind, dumpFrom, headOfLog } from './dump-log.test-support.ts';
import { queryKind } from './query-kind.ts';

/** Events of the log, without what the server makes up. */
const ofLog = (events: readonly BinlogEvent[]): BinlogEvent[] =>
  events.filter(({ place, kind }) => place !== null || (kind !== 'rotate' && kind !== 'format-description'));

const kinds = (events: readonly BinlogEvent[]): string[] =>
  ofLog(events).flatMap((event) => {
    if (event.kind === 'ignored') return [];
    return event.kind === 'query' ? [queryKind(event.sql).kind] : [event.kind];
  });
const rowsOf = (events: readonly BinlogEvent[]) => events.flatMap((event) => (event.kind === 'rows' ? [event] : []));
const mapsOf = (events: readonly BinlogEvent[]) =>
  events.flatMap((event) => (event.kind === 'table-map' ? [event.map] : []));

describe.each(mysqlNames())('the log of %s', (name) => {
  const isMysql = name === 'mysql';
  let server: MysqlServer;
  let database: MysqlTestDatabase;

  beforeAll(async () => {
    server = await startMysql({ name, files: { rows: '100\ta\tb\n' } });
    database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE plain (id int PRIMARY KEY, small varchar(20), large text)');
  });
  afterAll(() => server.stop());

  /** Runs it, and gives what that leaves in the log. */
  const logged = async (sql: string): Promise<BinlogEvent[]> => {
    const { file, offset } = await headOfLog(server);
    await database.query(sql);
    return dumpFrom(server, file, offset);
  };

  it('describes columns as the catalog does', async () => {
    const own = isMysql
      ? 'v vector(5), hidden int unsigned invisible'
      : 'i6 inet6, uu uuid, tc text compressed, vcc varchar(100) compressed';
    const [map] = mapsOf(
      await logged(`
        CREATE TABLE kinds (
          id int unsigned, y year, u bigint unsigned, s smallint, t tinyint(1) unsigned, d decimal(10,3) unsigned,
          f float unsigned, dp double, b bit(11), c char(10), cb binary(4), vc varchar(300) charset latin1, vb varbinary(7),
          tx text charset utf8mb3, bl blob, g geometry, p point NOT NULL, tx2 longtext charset latin1,
          e enum('a','b''c,') charset latin1, st set('x','y z') charset utf8mb4, dt datetime(3), ts timestamp(6) NULL,
          ti time(1), da date, j json, lc char(255), m mediumint unsigned, ${own}, tx3 text charset cp1251,
          last bigint unsigned, PRIMARY KEY (vc(5), id));
        INSERT INTO kinds (id, p, vc) VALUES (1, point(1, 2), '')`),
    );
    const collations = isMysql
      ? 'information_schema.COLLATIONS x ON x.COLLATION_NAME'
      : 'information_schema.COLLATION_CHARACTER_SET_APPLICABILITY x ON x.FULL_COLLATION_NAME';
    const catalog = await database.query(`
      SELECT COLUMN_NAME AS name, IS_NULLABLE = 'YES' AS nullable, x.ID AS collation,
        COLUMN_TYPE LIKE '%unsigned%' OR DATA_TYPE = 'year' AS isUnsigned
      FROM information_schema.COLUMNS c LEFT JOIN ${collations} = c.COLLATION_NAME
      WHERE c.TABLE_SCHEMA = database() AND c.TABLE_NAME = 'kinds' ORDER BY ORDINAL_POSITION`);
    const ofCatalog = catalog.map(({ name, nullable, isUnsigned, collation }) => ({
      name,
      nullable: Number(nullable) === 1,
      unsigned: Number(isUnsigned) === 1,
      collation: Number(collation ?? 63),
    }));
    expect(
      map?.columns.map(({ name, nullable, unsigned = false, collation = 63 }) => ({
        name,
        nullable,
        unsigned,
        collation,
      })),
    ).toStrictEqual(ofCatalog);
    const column = (name: string) => map?.columns.find((of) => of.name === name);
    expect(map?.primaryKey).toStrictEqual([11, 0]);
    expect(column('e')?.values?.map(String)).toStrictEqual(['a', "b'c,"]);
    expect(column('st')?.values?.map(String)).toStrictEqual(['x', 'y z']);
    expect([column('g')?.geometry, column('p')?.geometry]).toStrictEqual([0, 1]);
    expect([column('d')?.metadata, column('b')?.metadata, column('lc')?.metadata]).toStrictEqual([
      10 * 256 + 3,
      11,
      1_020,
    ]);
    if (isMysql) expect(column('v')?.dimensions).toBe(5);
    if (isMysql) expect([column('hidden')?.visible, column('last')?.visible]).toStrictEqual([false, true]);
  });

  it('shows transactions, savepoints, XA and definitions', async () => {
    const begins = isMysql ? ['gtid', 'begin'] : ['gtid'];
    const row = ['table-map', 'rows'];
    const events = await logged(`
      INSERT INTO plain VALUES (1, 'a', 'b');
      BEGIN; UPDATE plain SET small = 'c'; SAVEPOINT s; INSERT INTO plain VALUES (2, 'x', 'y'); DELETE FROM plain; COMMIT;
      XA START 'n', 'b', 5; INSERT INTO plain VALUES (3, '', ''); XA END 'n', 'b', 5; XA PREPARE 'n', 'b', 5;
      XA ROLLBACK 'n', 'b', 5;
      ALTER TABLE plain COMMENT 'x'; ANALYZE TABLE plain; FLUSH TABLES`);
    expect(kinds(events)).toStrictEqual([
      ...[...begins, ...row, 'xid'],
      ...[...begins, ...row, 'savepoint', ...row, ...row, 'xid'],
      ...['gtid', ...(isMysql ? ['xa-start'] : []), ...row, 'xa-end', 'xa-prepare'],
      ...['gtid', 'xa-rollback'],
      ...['gtid', 'definition', 'gtid', 'administration', 'gtid', 'administration'],
    ]);
    expect(rowsOf(events).map(({ operation }) => operation)).toStrictEqual([
      'insert',
      'update',
      'insert',
      'delete',
      'insert',
    ]);
    const xids = events.flatMap((event) => {
      if (event.kind === 'xa-prepare') return [event.xid];
      const kind = event.kind === 'query' ? queryKind(event.sql) : null;
      return kind !== null && 'xid' in kind ? [kind.xid] : [];
    });
    expect(new Set(xids)).toStrictEqual(new Set(["X'6e',X'62',5"]));
  });

  it('says which columns images have', async () => {
    await database.query("REPLACE INTO plain VALUES (1, 'a', 'b'), (2, 'a', 'b')");
    const images = async (image: string) => {
      const events = await logged(`
        SET binlog_row_image = ${image}; UPDATE plain SET small = concat(small, '1') WHERE id = 1; SET binlog_row_image = FULL`);
      return rowsOf(events).map(({ columns, before, after }) => [columns, before?.[0], after?.[0]]);
    };
    expect(await images('MINIMAL')).toStrictEqual([[3, 0b001, 0b010]]);
    expect(await images('NOBLOB')).toStrictEqual([[3, 0b011, 0b011]]);
  });

  it('is the same in its file and from the server, from anywhere, with checksums and without', async () => {
    await database.query('FLUSH BINARY LOGS');
    const { file } = await headOfLog(server);
    await database.query("REPLACE INTO plain VALUES (10, 'a', 'b'); DELETE FROM plain WHERE id = 10");
    const { offset } = await headOfLog(server);
    await database.query("INSERT INTO plain VALUES (11, 'a', 'b'); CREATE TABLE behind (a int)");
    const whole = comparable(decodeLog(await readFile(join(server.dataDirectory, file)), file));
    for (const checksums of [true, false]) {
      expect(comparable(await dumpFrom(server, file, 4, checksums))).toStrictEqual(whole);
      expect(comparable(await dumpFrom(server, file, offset, checksums))).toStrictEqual(
        whole.slice(whole.findIndex(([, end]) => end > offset)),
      );
    }
  });

  it('goes on in the next file, also where the server was killed before it', async () => {
    const { file, offset } = await headOfLog(server);
    await database.query(
      "REPLACE INTO plain VALUES (15, 'a', 'b'); FLUSH BINARY LOGS; DELETE FROM plain WHERE id = 15",
    );
    await server.kill();
    await server.start();
    await database.query("REPLACE INTO plain VALUES (16, 'a', 'b')");
    const events = await dumpFrom(server, file, offset);
    expect(rowsOf(events).map(({ operation }) => operation)).toStrictEqual(['insert', 'delete', 'insert']);
    expect(events.findLast(({ place }) => place !== null)?.place).toStrictEqual(await headOfLog(server));
  });

  it('says what belongs to rows of partitions, which is passed over', async () => {
    const events = await logged(`
      CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
      INSERT INTO parted VALUES (1), (2); UPDATE parted SET id = 5 WHERE id = 2`);
    // MySQL logs an event for each partition. The first byte of each image says which columns are NULL.
    const ids = rowsOf(events).map(({ body, start, end }) =>
      Array.from({ length: (end - start) / 5 }, (_, image) => body.readInt32LE(start + image * 5 + 1)),
    );
    expect(ids).toStrictEqual(
      isMysql
        ? [[1], [2], [2, 5]]
        : [
            [1, 2],
            [2, 5],
          ],
    );
  });

  it('goes on behind GTIDs, with the right places', async () => {
    await database.query("FLUSH BINARY LOGS; REPLACE INTO plain VALUES (20, 'a', 'b')");
    const { file, offset } = await headOfLog(server);
    const [row] = await database.query<{ gtids: string }>(
      `SELECT @@GLOBAL.${isMysql ? 'gtid_executed' : 'gtid_binlog_pos'} AS gtids`,
    );
    await database.query("REPLACE INTO plain VALUES (21, 'a', 'b')");
    const events = await dumpBehind(server, String(row?.gtids));
    const whole = comparable(decodeLog(await readFile(join(server.dataDirectory, file)), file));
    expect(comparable(events)).toStrictEqual(whole.slice(whole.findIndex(([, end]) => end > offset)));
  });

  it('may hold statements instead of rows', async () => {
    const asStatement = (sql: string) => logged(`SET binlog_format = STATEMENT; ${sql}; SET binlog_format = ROW`);
    expect(kinds(await asStatement('SET @id = 90; REPLACE INTO plain VALUES (@id, rand(), 1)'))).toContain('data');
    await expect(asStatement("LOAD DATA INFILE './rows' INTO TABLE plain")).rejects.toMatchObject({
      code: 'STATEMENT_LOGGED',
    });
  });

  it('has statements in the character set of their client', async () => {
    const { file, offset } = await headOfLog(server);
    const connection = await database.connect({ charset: 'CP1251_GENERAL_CI' });
    await connection.query('CREATE TABLE `стол` (a int)');
    const statements = (await dumpFrom(server, file, offset)).flatMap((event) =>
      event.kind === 'query' ? [event.sql] : [],
    );
    expect(statements).toStrictEqual(['CREATE TABLE `стол` (a int)']);
  });

  it.runIf(isMysql)('has tagged GTIDs, compressed transactions and parts of JSON', async () => {
    await database.query('CREATE TABLE documents (id int PRIMARY KEY, j json)');
    const events = await logged(`
      SET gtid_next = 'AUTOMATIC:a_tag'; INSERT INTO documents VALUES (1, '{"a": 1, "b": "bbbbbbbbbbbbbbbb"}'); SET gtid_next = AUTOMATIC;
      SET binlog_row_value_options = PARTIAL_JSON; UPDATE documents SET j = JSON_SET(j, '$.a', 2); SET binlog_row_value_options = '';
      SET binlog_transaction_compression = ON; BEGIN;
      ${Array.from({ length: 500 }, (_, id) => `INSERT INTO documents VALUES (${id + 2}, '{"a": ${id}}');`).join('')}
      COMMIT; SET binlog_transaction_compression = OFF`);
    const begin = ['gtid', 'begin'];
    const row = ['table-map', 'rows'];
    expect(kinds(events)).toStrictEqual([
      ...[...begin, ...row, 'xid'],
      ...[...begin, ...row, 'xid'],
      ...[...begin, ...Array.from({ length: 500 }, () => row).flat(), 'xid'],
    ]);
    const [gtid] = events.flatMap((event) => (event.kind === 'gtid' ? [event.gtid] : []));
    expect(gtid).toMatch(/^[0-9a-f-]{36}:a_tag:1$/);
    expect(
      rowsOf(events)
        .map(({ partialJson }) => partialJson)
        .slice(0, 3),
    ).toStrictEqual([false, true, false]);
  });

  it.runIf(!isMysql)('has compressed events and statements within statements', async () => {
    await database.query('SET GLOBAL log_bin_compress = ON, GLOBAL log_bin_compress_min_len = 10');
    const events = await logged(`
      REPLACE INTO plain VALUES (30, 'zzzzzzzzzzzzzzzzzz', repeat('z', 10000));
      SET STATEMENT max_statement_time = 100 FOR CREATE TABLE compressed (a int);`);
    await database.query('SET GLOBAL log_bin_compress = OFF');
    expect(kinds(events)).toStrictEqual(['gtid', 'table-map', 'rows', 'xid', 'gtid', 'definition']);
    const [rows] = rowsOf(events);
    expect(rows?.body.toString('latin1', rows.start, rows.end)).toContain('z'.repeat(10_000));
  });

  it.runIf(name === 'mariadb-11.8')('has definitions that are announced', async () => {
    const events = await logged(
      'SET binlog_alter_two_phase = ON; ALTER TABLE plain ADD extra int, ALGORITHM = COPY; SET binlog_alter_two_phase = OFF',
    );
    const effects = events.flatMap((event) => (event.kind === 'gtid' ? [event.withoutEffect] : []));
    expect(effects).toStrictEqual([true, false]);
  });
});

/** Events in one line, with where they end; of those that say so, whatever stands between them. */
const comparable = (events: readonly BinlogEvent[]): [string, number][] =>
  events.flatMap((event): [string, number][] => {
    const says = event.kind === 'gtid' || event.kind === 'xid' || event.kind === 'query';
    if (event.kind === 'rows' || event.kind === 'table-map') return [[inOneLine(event), 0]];
    return says && event.place !== null ? [[inOneLine(event), event.place.offset]] : [];
  });

it.runIf(mysqlNames().includes('mysql'))(
  'without GTIDs the log still says when a transaction was committed',
  async () => {
    await using server = await startMysql({
      settings: { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF', binlog_checksum: 'NONE' },
    });
    await using database = await createMysqlDatabase(server);
    const { file } = await headOfLog(server);
    const before = Date.now();
    await database.query('CREATE TABLE t (a int); INSERT INTO t VALUES (1)');
    const gtids = (await dumpFrom(server, file, 4)).filter((event) => event.kind === 'gtid');
    expect(gtids.at(-1)).toMatchObject({ gtid: null, commitTime: expect.any(Number) });
    expect(Math.abs((gtids.at(-1)?.commitTime ?? 0) - before)).toBeLessThan(60_000);
  },
);

it.runIf(mysqlNames().includes('mariadb-11.8'))('a log that is encrypted comes as any other', async () => {
  await using server = await startMysql({
    name: 'mariadb-11.8',
    settings: { plugin_load_add: 'file_key_management', file_key_management_filename: 'keys', encrypt_binlog: 'ON' },
    files: { keys: '1;770A8A65DA156D24EE2A093277530142\n' },
  });
  await using database = await createMysqlDatabase(server);
  const { file } = await headOfLog(server);
  await database.query('CREATE TABLE t (a int); INSERT INTO t VALUES (1)');
  expect(rowsOf(await dumpFrom(server, file, 4))).toHaveLength(1);
});

import type { Stream } from '@millrace/core';
import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSource } from '@millrace/postgres-source';
import { mysqlSink } from '@millrace/sql-sink/mysql';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { uniqueName, until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';
import { type RouteDatabase, run } from './route-world.ts';
import { databaseOn, type ServerName, sharedServer } from './routes.ts';

/** Values of keys as SQL of the source, the last of which the target has and the source has not. */
type Keys = Readonly<Record<string, readonly string[]>>;

const ofMysql: Keys = {
  'bit(8)': ["b'1'", "b'110001'", "b'10000001'", "b'110000'"],
  'bit(64)': ['1', "b'1'" + ' << 63', '18446744073709551615', '7'],
  'binary(4)': ["x'00'", "x'6100'", "'abc'", "x'ffffffff'"],
  'varbinary(8)': ["x'00'", "x'0000'", "''", "x'ff5c27'"],
  'datetime(6)': [
    "'2024-01-02 03:04:05.000001'",
    "'2024-01-02 03:04:05.1'",
    "'9999-12-31 23:59:59.999999'",
    "'2000-01-01'",
  ],
  'timestamp(6)': [
    "'2024-01-02 03:04:05.000001'",
    "'1970-01-01 00:00:01'",
    "'2038-01-19 03:14:07.999999'",
    "'2000-01-01'",
  ],
  'time(6)': ["'-838:59:59'", "'00:00:00.000001'", "'-00:00:01.5'", "'100:00:00'"],
  'decimal(20,5)': ['0.00001', '-123456789012345.12345', '1.5', '7'],
  "enum('a','b','it''s','1')": ["'a'", "'it''s'", "'1'", "'b'"],
  "set('a','b','c')": ["'a,c'", "''", "'b'", "'a,b,c'"],
  float: ['0.1', '1234567', '16777216', '-3.4e38'],
  double: ['0.1', '1e300', '123456789.123456789', '-5e-324'],
  year: ['0', '1999', '2155', '2000'],
  'varchar(20) collate utf8mb4_general_ci': ["'Ä'", "'b '", "'it''s \\\\ %'", "'😀'"],
  'char(5)': ["'a'", "'B'", "''", "'zz'"],
  'bigint unsigned': ['18446744073709551615', '0', '5', '6'],
  date: ["'2024-02-29'", "'9999-12-31'", "'1000-01-01'", "'2000-01-01'"],
};

const ofMariadb: Keys = {
  inet4: ["'1.2.3.4'", "'255.255.255.255'", "'0.0.0.0'", "'9.9.9.9'"],
  inet6: ["'::1'", "'fe80::1'", "'::'", "'9::9'"],
  uuid: [
    "'123e4567-e89b-12d3-a456-426655440000'",
    "'00000000-0000-0000-0000-000000000001'",
    "'ffffffff-ffff-4fff-8fff-ffffffffffff'",
    "'123e4567-e89b-12d3-a456-426655440009'",
  ],
};

/** Few: each copy beside a stream from PostgreSQL makes a slot. */
const ofPostgres: Keys = {
  'bit(8)': ["b'00000001'", "b'00110001'", "b'10000001'", "b'00110000'"],
  real: ['0.1', '1234567', '16777216', '-3.4e38'],
  bytea: ["'\\x00'", "'\\x0000'", "''", "'\\xff5c27'"],
  timestamptz: [
    "'2024-01-02 03:04:05.000001+02'",
    "'1970-01-01 00:00:01Z'",
    "'2038-01-19 03:14:07.999999Z'",
    "'2000-01-01Z'",
  ],
  numeric: ['1.50', '1e40', '-0.000000000000000000000000000001', '7'],
};

const keysOf: Record<string, Keys> = {
  postgres: ofPostgres,
  mysql: ofMysql,
  'mariadb-11.8': { ...ofMysql, ...ofMariadb },
};

const pairs = [
  ['postgres', 'mysql'],
  ['mysql', 'mariadb-11.8'],
  ['mariadb-11.8', 'postgres'],
] as const;

const streamOf = (source: RouteDatabase, from: ServerName, target: RouteDatabase, to: ServerName): Stream =>
  createStream({
    id: uniqueName('keys'),
    source:
      from === 'postgres'
        ? postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'keys' })
        : mysqlSource({ connection: source.url }),
    sink:
      to === 'postgres'
        ? postgresSink({ connection: target.url, targetSchema: 'public' })
        : mysqlSink({ connection: target.url, schema: uniqueName('progress') }),
  });

test.each(pairs)(
  'rows of every kind of key are compared with the source, from %s to %s',
  { timeout: 180_000 },
  async (from, to) => {
    await using source = await databaseOn(sharedServer(from));
    await using target = await databaseOn(sharedServer(to));
    const all = Object.entries(keysOf[from] ?? {});
    for (const [at, [type, keys]] of all.entries())
      await run(
        source,
        `CREATE TABLE t${at} (k ${type} NOT NULL PRIMARY KEY, v int); ${keys.map((key, v) => `INSERT INTO t${at} VALUES (${key}, ${v + 1});`).join(' ')}`,
      );
    await using stream = streamOf(source, from, target, to);
    await stream.start();
    await live(stream);
    await stream.pause();
    const found: unknown[] = [];
    // Of the last row the target hears nothing.
    for (const [at, [, keys]] of all.entries()) {
      const last = `DELETE FROM t${at} WHERE v = ${keys.length}`;
      if (from === 'postgres') await run(source, `ALTER PUBLICATION keys SET (publish = 'insert, update'); ${last}`);
      else await run(source, `SET sql_log_bin = 0; ${last}; SET sql_log_bin = 1`);
      await run(target, `UPDATE t${at} SET v = v - 100`);
    }
    await stream.resume();
    for (const [at, [type, keys]] of all.entries()) {
      const table = from === 'postgres' ? `public.t${at}` : `${source.name}.t${at}`;
      await stream.backfill(table, { where: 'v < 0' });
      const ended = () =>
        stream.backfills.find((each) => each.table === table && each.state !== 'active' && each.state !== 'pending');
      await until(() => ended() !== undefined, { describe: `the backfill of ${type}`, timeout: 30_000 });
      const rows = await run<{ v: number }>(target, `SELECT v FROM t${at} ORDER BY v`);
      const is = rows.map(({ v }) => Number(v)).join();
      const expected = keys
        .slice(0, -1)
        .map((_, v) => v + 1)
        .join();
      if (is !== expected || ended()?.state !== 'completed')
        found.push([type, is, ended()?.state, ended()?.error?.message]);
    }
    expect([found, stream.errors]).toEqual([[], []]);
  },
);

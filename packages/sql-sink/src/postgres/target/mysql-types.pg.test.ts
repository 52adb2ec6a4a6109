import { expect, it } from 'vitest';
import { createDatabase, sharedPostgres } from '../../../../../test/harness/index.ts';
import { postgresType } from './mysql-types.ts';

/** Texts as the MySQL source gives them, and what PostgreSQL makes of those that it writes otherwise. */
const texts: Readonly<Record<string, readonly (string | readonly [given: string, read: string])[]>> = {
  'tinyint unsigned': ['255'],
  'smallint unsigned': ['65535'],
  'mediumint unsigned': ['16777215'],
  'int unsigned': ['4294967295'],
  bigint: ['-9223372036854775808'],
  'bigint unsigned': ['18446744073709551615'],
  'decimal(65,30)': [`-${'9'.repeat(35)}.${'9'.repeat(30)}`],
  float: [['3.4028235e38', '3.4028235e+38'], '0.1', ['16777216', '1.6777216e+07']],
  double: [['1.7976931348623157e308', '1.7976931348623157e+308'], ['5e-324', '5e-324'], '-0.1'],
  year: [['0000', '0'], '2155'],
  date: ['0001-01-01', '9999-12-31'],
  'datetime(6)': ['1000-01-01 00:00:00.000001', '9999-12-31 23:59:59.999999'],
  datetime: ['2026-01-02 03:04:05'],
  'timestamp(3)': [['2038-01-19 03:14:07.999+00', '2038-01-19 03:14:07.999']],
  'time(6)': ['-838:59:58.999999', '838:59:58.999999', '-00:00:00.000001'],
  time: ['-838:59:59', '00:00:00', '-00:01:00'],
  'bit(64)': ['1'.repeat(64)],
  'bit(1)': ['0'],
  'char(3)': ['日本語', ''],
  'varbinary(3)': ['\\x00ff5c'],
  "enum('a','b,c')": ['b,c', ''],
  "set('a','b')": ['a,b'],
  json: ['{"b": 1.0, "a": [12345678901234567890], "b": null}'],
  point: ['\\x0101000020e6100000000000000000f03f0000000000000040'],
  uuid: ['123e4567-e89b-12d3-a456-426655440000'],
  inet4: ['255.255.255.0'],
  inet6: ['2001:db8::ff00:42:8329', ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'], '::ffff:1.2.3.4'],
  'vector(3)': ['[1,2.5,-0.1]'],
};

it.each(Object.entries(texts))('PostgreSQL reads %s as it was', async (native, values) => {
  await using database = await createDatabase(sharedPostgres());
  for (const value of values) {
    const [given, read] = typeof value === 'string' ? [value, value] : value;
    const type = postgresType(native);
    // As the sink's sessions are.
    const utc = type.startsWith('timestamp(3)') ? " AT TIME ZONE 'UTC'" : '';
    const [row] = await database.query(`SELECT format('%s', $1::text::${type}${utc}) AS text`, [given]);
    expect(row, type).toEqual({ text: read });
  }
});

import type { DocumentedType, DocumentedValue } from './documented-type.ts';

const integer = (type: string, ...values: readonly (number | bigint)[]): DocumentedType => ({
  type,
  values: values.map((value) => ({ sql: String(value), text: String(value), javascript: value })),
});

/** A value whose text is that of its SQL literal. */
const text = (value: string, javascript: unknown = value, printed?: string): DocumentedValue => ({
  sql: `'${value}'`,
  text: value,
  javascript,
  ...(printed === undefined ? {} : { printed }),
});

const wholeDecimal = '9'.repeat(35);
const digits = '9'.repeat(30);

/** The types of MySQL and MariaDB, in the order of docs/mysql-values.md. */
export const mysqlTypes: readonly DocumentedType[] = [
  integer('tinyint', -128, 127),
  integer('tinyint unsigned', 255),
  integer('smallint', -32768, 32767),
  integer('smallint unsigned', 65535),
  integer('mediumint', -8388608, 8388607),
  integer('mediumint unsigned', 16777215),
  integer('int', -2147483648, 2147483647),
  integer('int unsigned', 4294967295n),
  integer('bigint', -9223372036854775808n, 9223372036854775807n),
  integer('bigint unsigned', 18446744073709551615n),
  {
    type: 'year',
    values: [
      { sql: '2155', text: '2155', javascript: 2155 },
      { sql: "'0000'", text: '0000', printed: '0', javascript: 0 },
    ],
  },
  {
    type: 'decimal(65,30)',
    values: [text(`-${wholeDecimal}.${digits}`)],
    note: 'every digit of its scale',
  },
  {
    type: 'float',
    values: [
      { sql: '16777216', text: '16777216', printed: '1.6777216e+07', javascript: 16777216 },
      { sql: '3.4028235e38', text: '3.4028235e38', printed: '3.4028235e+38', javascript: 3.4028235e38 },
      { sql: '0.1', text: '0.1', javascript: 0.1 },
    ],
    note: 'as many digits as tell the value, of which the server prints six',
  },
  {
    type: 'double',
    values: [
      {
        sql: '1.7976931348623157e308',
        text: '1.7976931348623157e308',
        printed: '1.7976931348623157e+308',
        javascript: 1.7976931348623157e308,
      },
      { sql: '5e-324', text: '5e-324', javascript: 5e-324 },
      { sql: '-0.1', text: '-0.1', javascript: -0.1 },
    ],
  },
  {
    type: 'bit(9)',
    values: [
      { sql: "b'100000001'", text: '100000001', javascript: '100000001' },
      { sql: '1', text: '000000001', javascript: '000000001' },
    ],
  },
  { type: 'char(3)', values: [text('日本語'), text('')], note: 'without spaces at its end, as the server gives it' },
  { type: 'varchar(3)', values: [text('🎣 x')] },
  { type: 'text', alike: ['tinytext', 'mediumtext', 'longtext'], values: [text('日本語')] },
  {
    type: 'binary(4)',
    values: [{ sql: "x'00ff'", text: '\\x00ff0000', javascript: Buffer.from('00ff0000', 'hex') }],
    note: 'always as many bytes',
  },
  {
    type: 'varbinary(3)',
    alike: ['tinyblob', 'blob', 'mediumblob', 'longblob'],
    values: [{ sql: "x'00ff5c'", text: '\\x00ff5c', javascript: Buffer.from('00ff5c', 'hex') }],
  },
  {
    type: 'date',
    values: [text('0001-01-01'), text('9999-12-31')],
    note: '[`zeroDates`](#dates-that-the-calendar-does-not-have)',
  },
  {
    type: 'datetime(6)',
    values: [
      text('1000-01-01 00:00:00.000001', '1000-01-01T00:00:00.000001'),
      text('9999-12-31 23:59:59.999999', '9999-12-31T23:59:59.999999'),
    ],
    note: 'without a zone; [`zeroDates`](#dates-that-the-calendar-does-not-have)',
  },
  {
    type: 'timestamp(3)',
    values: [
      {
        sql: "'2038-01-19 03:14:07.999'",
        text: '2038-01-19 03:14:07.999+00',
        javascript: '2038-01-19T03:14:07.999Z',
      },
    ],
    note: 'in UTC; [`zeroDates`](#dates-that-the-calendar-does-not-have)',
  },
  { type: 'datetime', values: [text('2026-01-02 03:04:05', '2026-01-02T03:04:05')] },
  {
    type: 'time(6)',
    values: [text('-838:59:58.999999'), text('838:59:58.999999'), text('-00:00:00.000001')],
    note: 'may have a sign, and 838 hours',
  },
  { type: 'time', values: [text('-838:59:59'), text('00:00:00'), text('-00:01:00')] },
  {
    type: 'json',
    only: 'mysql',
    values: [
      {
        sql: `'{"b":1.0,"a":[12345678901234567890]}'`,
        text: '{"a": [12345678901234567890], "b": 1.0}',
        // As JavaScript reads it.
        javascript: JSON.parse('{"a":[12345678901234567890],"b":1.0}'),
      },
    ],
    note: 'its text is exactly what the server prints',
  },
  {
    type: 'json',
    native: 'longtext',
    only: 'mariadb',
    values: [text('{"b":1.0, "a":[]}')],
    note: 'is `longtext` to the log',
  },
  {
    type: "enum('a','b,c')",
    values: [text('b,c'), { sql: "''", text: '', javascript: '' }],
    note: 'an invalid value is the empty text',
  },
  { type: "set('a','b')", values: [text('a,b')] },
  {
    type: 'point',
    alike: ['geometry', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geometrycollection'],
    values: [
      {
        sql: "ST_GeomFromText('POINT(1 2)', 3857)",
        text: '\\x0101000020110f0000000000000000f03f0000000000000040',
        javascript: Buffer.from('0101000020110f0000000000000000f03f0000000000000040', 'hex'),
      },
    ],
    note: 'EWKB, with the SRID unless that is 0',
  },
  {
    type: 'vector(3)',
    values: [{ sql: "x'0000803f00002040cdccccbd'", text: '[1,2.5,-0.1]', javascript: '[1,2.5,-0.1]' }],
  },
  { type: 'uuid', only: 'mariadb', values: [text('123e4567-e89b-12d3-a456-426655440000')] },
  { type: 'inet4', only: 'mariadb', values: [text('255.255.255.0')] },
  {
    type: 'inet6',
    only: 'mariadb',
    values: [
      text('2001:db8::ff00:42:8329'),
      text('1:2:3:4:5:6:7::', undefined, '1:2:3:4:5:6:7:0'),
      text('::ffff:1.2.3.4'),
    ],
  },
];

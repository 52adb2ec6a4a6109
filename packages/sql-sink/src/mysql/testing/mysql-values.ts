import {
  bytes,
  decimal,
  double,
  float,
  hard,
  integer,
  notBytes,
  ones,
  unsigned,
  type ValueCase,
} from './value-case.ts';

const text = (native: string): ValueCase => ({
  dialect: 'mysql',
  native,
  type: 'text',
  target: native,
  values: ['', 'a', hard, 'zero \0 in it'],
});

const blob = (native: string): ValueCase => ({
  dialect: 'mysql',
  native,
  type: 'bytes',
  target: native,
  values: ['\\x', '\\x00', bytes],
  rejected: notBytes,
});

const srid = { 0: '', 4326: 'e6100000' } as const;
const point = (kind: '00' | '20', reference: string): string =>
  `\\x01010000${kind}${reference}000000000000f03f0000000000000040`;
const geometries = [
  point('00', srid[0]),
  point('20', srid[4326]),
  // LINESTRING(0 0,1 1)
  '\\x01020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f',
  // GEOMETRYCOLLECTION(POINT(1 2))
  '\\x0107000000010000000101000000000000000000f03f0000000000000040',
];

/** Texts of MySQL and MariaDB. */
export const mysqlValues: readonly ValueCase[] = [
  { ...integer('tinyint', 'smallint', 8, 'tinyint'), dialect: 'mysql' },
  { ...integer('tinyint(1)', 'smallint', 8, 'tinyint(1)'), dialect: 'mysql' },
  { ...integer('mediumint', 'int', 24, 'mediumint'), dialect: 'mysql' },
  { ...integer('bigint', 'bigint', 64, 'bigint'), dialect: 'mysql' },
  unsigned('tinyint unsigned', 'smallint', 8),
  unsigned('int unsigned', 'bigint', 32),
  unsigned('bigint unsigned', 'bigint', 64),
  {
    dialect: 'mysql',
    native: 'year',
    type: 'smallint',
    target: 'year',
    values: ['0000', '1901', '2155', '2026', ['0', '0000']],
    rejected: ['', '5', '26', '1900', '2156', '00', '2026.0'],
  },
  decimal('mysql', 'decimal(65,30)', 65, 30),
  decimal('mysql', 'decimal(10,2)', 10, 2),
  { dialect: 'mysql', native: 'float', type: 'float', target: 'float', values: float, rejected: ['1e39'] },
  { dialect: 'mysql', native: 'double', type: 'float', target: 'double', values: double },
  {
    ...text('char(40)'),
    values: ['', 'a', 'zero \0 in', '🎣'.repeat(40)],
    rejected: ['x'.repeat(41), `x${' '.repeat(40)}`],
  },
  { ...text('varchar(60)'), rejected: ['x'.repeat(61), ' '.repeat(61)] },
  { ...text('varchar(20000)'), target: 'longtext' },
  { ...text('tinytext'), values: ['', `${'x'.repeat(254)} `], rejected: ['x'.repeat(256), ' '.repeat(256)] },
  { ...text('text'), rejected: ['x'.repeat(65_536), ' '.repeat(65_536)] },
  text('mediumtext'),
  { ...text('longtext'), values: ['€'.repeat(100_000)] },
  { ...blob('binary(4)'), values: ['\\x00000000', '\\x61000000', '\\xffffffff'], rejected: ['\\x6100000000'] },
  { ...blob('varbinary(20)'), rejected: [...notBytes, `\\x${'20'.repeat(21)}`] },
  { ...blob('tinyblob'), rejected: [...notBytes, `\\x${'00'.repeat(256)}`] },
  ...['blob', 'mediumblob', 'longblob'].map(blob),
  { dialect: 'mysql', native: 'bit(1)', type: 'other', target: 'bit(1)', values: ['0', '1'], rejected: ['11'] },
  { dialect: 'mysql', native: 'bit(64)', type: 'other', target: 'bit(64)', values: [ones(64), `${'0'.repeat(63)}1`] },
  {
    dialect: 'mysql',
    native: 'date',
    type: 'date',
    target: 'date',
    values: ['0001-01-01', '9999-12-31', '0000-00-00'],
  },
  {
    dialect: 'mysql',
    native: 'datetime',
    type: 'timestamp',
    target: 'datetime',
    values: ['1000-01-01 00:00:00', '9999-12-31 23:59:59'],
    rejected: ['9999-12-31 23:59:59.9'],
  },
  {
    dialect: 'mysql',
    native: 'timestamp(6)',
    type: 'timestamptz',
    target: 'timestamp(6)',
    values: [
      ['1970-01-01 00:00:01.000000+00', '1970-01-01 00:00:01.000000'],
      ['2038-01-19 03:14:07.999999+00', '2038-01-19 03:14:07.999999'],
      ['2026-03-29 02:30:00.000000+00', '2026-03-29 02:30:00.000000'],
    ],
    rejected: ['1969-12-31 23:59:59+00', '2200-01-01 00:00:00+00', '2026-01-01 00:00:00+02'],
  },
  {
    dialect: 'mysql',
    native: 'time',
    type: 'interval',
    target: 'time',
    values: ['838:59:59', '-838:59:59', '00:00:00', '-00:01:00', '100:00:00'],
    rejected: ['839:00:00', '-839:00:00', '838:59:59.1', '1000:00:00', '00:60:00', '1 day', ''],
  },
  {
    dialect: 'mysql',
    native: 'time(6)',
    type: 'interval',
    target: 'time(6)',
    values: ['-00:00:00.000001', '838:59:58.999999', '838:59:59.000000', '-12:34:56.123456'],
    rejected: ['838:59:59.000001', '-838:59:59.5'],
  },
  {
    dialect: 'mysql',
    native: 'json',
    type: 'json',
    target: ['json', 'longtext'],
    values: ['{"a": [1, 2.5, null, "it\'s \\\\ \\n 🎣"], "bb": 18446744073709551615}', '[]', 'null', '"x"'],
  },
  {
    dialect: 'mysql',
    native: "enum('a','A','b,c','it''s','ü','back\\\\slash')",
    type: 'other',
    target: "enum('a','A','b,c','it''s','ü','back\\\\slash')",
    values: ['a', 'A', 'b,c', "it's", 'ü', 'back\\slash'],
    // What the server makes of a value that is none of them, where that is no error.
    refused: [''],
    rejected: ['none of them', '1', 'B,C'],
  },
  {
    dialect: 'mysql',
    native: "set('a','b','it''s','ü')",
    type: 'other',
    target: "set('a','b','it''s','ü')",
    values: ['', 'a', 'a,b', "b,it's,ü"],
    rejected: ['c', 'a,c'],
  },
  {
    dialect: 'mysql',
    native: 'geometry',
    type: 'bytes',
    target: 'geometry',
    values: geometries,
    rejected: ['', '\\x', 'POINT(1 2)', '\\x0101', '\\x00000000013ff00000000000004000000000000000'],
  },
  {
    dialect: 'mysql',
    native: 'point',
    type: 'bytes',
    target: 'point',
    values: geometries.slice(0, 2),
    rejected: geometries.slice(2),
  },
  {
    dialect: 'mysql',
    native: 'vector(2)',
    type: 'other',
    target: 'vector(2)',
    values: ['[1,2.5]', '[-1.5e-10,1e+18]'],
    rejected: ['', '[1,1e39]', '[1,2,3]', '[x,1]', "[1,2]')"],
  },
  {
    dialect: 'mysql',
    native: 'uuid',
    type: 'uuid',
    target: ['char(36)', 'uuid'],
    values: ['123e4567-e89b-12d3-a456-426655440000'],
  },
  {
    dialect: 'mysql',
    native: 'inet4',
    type: 'other',
    target: ['varchar(15)', 'inet4'],
    values: ['0.0.0.0', '255.255.255.255'],
  },
  {
    dialect: 'mysql',
    native: 'inet6',
    type: 'other',
    target: ['varchar(39)', 'inet6'],
    values: ['::', '2001:db8::ff00:42:8329', '::ffff:1.2.3.4'],
  },
  // Masked, whatever it is at the source.
  { dialect: 'mysql', native: 'text', type: 'text', target: 'text', values: ['0123456789abcdef'] },
];

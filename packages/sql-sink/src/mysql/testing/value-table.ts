import type { Relation, ValueType } from '@millrace/core';

/** A type of a source, and how its values reach MySQL and MariaDB. Tests hold servers to it, and docs/ shows it. */
export interface ValueCase {
  readonly dialect?: Relation['dialect'];
  readonly native: string;
  /** What it is, in Markdown, where the type is one of the user's own. */
  readonly called?: string;
  readonly type: ValueType;
  /** The type at the target; a pair where MySQL and MariaDB differ. */
  readonly target: string | readonly [mysql: string, mariadb: string];
  readonly only?: 'mysql' | 'mariadb';
  /** Texts as the source has them; pairs where the target's text is another one. */
  readonly values: readonly (string | readonly [text: string, read: string])[];
  /** Values of the source's type that the sink or the server refuses. */
  readonly refused?: readonly string[];
  /** Other texts that they refuse. */
  readonly rejected?: readonly string[];
}

const nines = (count: number): string => '9'.repeat(count);
const ones = (count: number): string => '1'.repeat(count);
const notFinite = ['NaN', 'Infinity', '-Infinity'];
const noNumber = ['', ' ', 'abc', '1x', '--1', '1 OR 1=1', "1' OR '1", '0x10', '1.5', '.', 'e5', ...notFinite];
const hard = 'it\'s \\ "quoted" \\\' \\N \n\r\t\b\u001a % _ é 日本語 🎣';
const bytes = '\\x00ff5c270a090d1a80';
const notBytes = ['', 'abc', '\\x0', '\\xzz', "\\x00' OR '1", '\\000'];
const noMoment = ['', '2026-02-30', '2026-13-01', '26-01-02'];

const integer = (native: string, type: ValueType, bits: number, target: string): ValueCase => ({
  native,
  type,
  target,
  values: [`${-(2n ** BigInt(bits - 1))}`, `${2n ** BigInt(bits - 1) - 1n}`, '0', '-1', ['1.00', '1'], ['1e+2', '100']],
  rejected: [...noNumber, `${2n ** BigInt(bits - 1)}`, `${-(2n ** BigInt(bits - 1)) - 1n}`, nines(40), nines(90)],
});

const unsigned = (native: string, type: ValueType, bits: number): ValueCase => ({
  dialect: 'mysql',
  native,
  type,
  target: native,
  values: ['0', '1', `${2n ** BigInt(bits) - 1n}`, `${2n ** BigInt(bits - 1)}`],
  rejected: [...noNumber, '-1', `${2n ** BigInt(bits)}`],
});

const decimal = (dialect: Relation['dialect'], native: string, precision: number, scale: number): ValueCase => {
  const [most, least] = [`${nines(precision - scale) || '0'}.${nines(scale)}`, `0.${'0'.repeat(scale - 1)}1`];
  const zero = `0.${'0'.repeat(scale)}`;
  return {
    ...(dialect === undefined ? {} : { dialect }),
    native,
    type: 'decimal',
    target: `decimal(${precision},${scale})`,
    values: [most, `-${most}`, least, `-${least}`, zero, [`${least}000`, least], [`-${zero}`, zero], ['0', zero]],
    ...(dialect === undefined ? { refused: ['NaN'] } : {}),
    rejected: [
      ...noNumber.filter((text) => text !== '1.5'),
      `0.${'0'.repeat(scale)}1`,
      `1${'0'.repeat(precision - scale)}`,
      nines(80),
      '1e99',
      '1e999',
      '1e-99',
    ],
  };
};

const float: readonly (string | readonly [string, string])[] = [
  '0',
  '-0',
  '0.1',
  '-1.5',
  '16777216',
  '3.4028235e+38',
  '1.1754944e-38',
  '1e-45',
  '1.17549435E-38',
];
const double: readonly string[] = [
  '0',
  '-0',
  '0.1',
  '0.30000000000000004',
  '1.7976931348623157e+308',
  '2.2250738585072014e-308',
  '5e-324',
  '123456789012345680',
  '9007199254740993',
  '1e22',
  '1e23',
];

const asText = (native: string, type: ValueType, values: readonly string[]): ValueCase => ({
  native,
  type,
  target: 'longtext',
  values,
});

const anyText = ['', hard, '(1,"a b")'];

/** Texts of PostgreSQL. */
export const postgresValues: readonly ValueCase[] = [
  integer('smallint', 'smallint', 16, 'smallint'),
  integer('integer', 'int', 32, 'int'),
  integer('bigint', 'bigint', 64, 'bigint'),
  { native: 'public.positive', called: 'a domain over `integer`', type: 'int', target: 'int', values: ['1'] },
  { native: 'oid', type: 'int', target: 'int unsigned', values: ['0', '4294967295'], rejected: ['4294967296', '-1'] },
  decimal(undefined, 'numeric(10,2)', 10, 2),
  decimal(undefined, 'numeric(65,30)', 65, 30),
  decimal(undefined, 'numeric(30,30)', 30, 30),
  {
    native: 'numeric(65,0)',
    type: 'decimal',
    target: 'decimal(65,0)',
    values: [nines(65), `-${nines(65)}`, ['1e64', `1${'0'.repeat(64)}`]],
    refused: ['NaN'],
    rejected: [...noNumber, `1${'0'.repeat(65)}`, nines(90)],
  },
  asText('numeric', 'decimal', [`1.${'0123456789'.repeat(20)}`, '1.50', 'NaN', 'Infinity', `-${nines(500)}`]),
  asText('numeric(66,2)', 'decimal', [`${nines(64)}.99`]),
  asText('numeric(40,31)', 'decimal', [`1.${nines(31)}`]),
  asText('numeric(5,-2)', 'decimal', ['1234500']),
  asText('numeric(3,5)', 'decimal', ['0.00123']),
  {
    native: 'real',
    type: 'float',
    target: 'float',
    values: float,
    refused: notFinite,
    rejected: ['', 'x', '1e39', '-1e39'],
  },
  {
    native: 'double precision',
    type: 'float',
    target: 'double',
    values: double,
    refused: notFinite,
    rejected: ['', 'x', '1e309', '0x1'],
  },
  {
    native: 'boolean',
    type: 'boolean',
    target: 'tinyint(1)',
    values: [
      ['t', '1'],
      ['f', '0'],
      ['true', '1'],
      ['false', '0'],
    ],
    rejected: ['maybe', '', 'T'],
  },
  {
    native: 'text',
    type: 'text',
    target: 'longtext',
    values: ['', ' ', 'a', 'a ', 'NULL', '\\N', hard, 'zero \0 in it', '€'.repeat(50_000), 'x'.repeat(100_000)],
  },
  asText('character varying', 'text', ['', 'a ', hard]),
  asText('character varying(16384)', 'text', ['a']),
  {
    native: 'character varying(5)',
    type: 'text',
    target: 'varchar(5)',
    values: ['', '     ', 'a', 'a ', '日本語🎣ä', 'äöü  ', '\\', "'''''"],
    rejected: ['abcdef', '日本語🎣äö', 'abcd  ', '      ', 'äöüß  '],
  },
  { native: 'character varying(16383)', type: 'text', target: 'longtext', values: ['x'.repeat(16_383)] },
  { native: 'character varying(16000)', type: 'text', target: 'varchar(16000)', values: ['€'.repeat(16_000)] },
  { native: 'character(5)', type: 'text', target: 'varchar(5)', values: ['ab   ', '     ', 'abcde'] },
  { native: 'name', type: 'text', target: 'varchar(64)', values: ['a_name'] },
  { native: '"char"', type: 'text', target: 'varchar(64)', values: ['', 'a', '\\'] },
  {
    native: 'bytea',
    type: 'bytes',
    target: 'longblob',
    values: ['\\x', '\\x00', bytes, `\\x${'ff00'.repeat(50_000)}`, ['\\xFF', '\\xff']],
    rejected: notBytes,
  },
  {
    native: 'date',
    type: 'date',
    target: 'date',
    values: ['0001-01-01', '1000-01-01', '9999-12-31', '2024-02-29', ['2026-01-02T00:00:00.000Z', '2026-01-02']],
    refused: ['infinity', '-infinity', '0044-03-15 BC', '10000-01-01'],
    rejected: [
      ...noMoment,
      '2023-02-29',
      '2026-01-02T00:00:01.000Z',
      '2026-01-02 00:00:00.001',
      '20260102',
      '2026-1-2',
    ],
  },
  {
    native: 'time without time zone',
    type: 'time',
    target: 'time(6)',
    values: ['23:59:59.999999', ['00:00:00', '00:00:00.000000'], ['24:00:00', '24:00:00.000000']],
    rejected: ['', '12:00', '1 day', '12:60:00', '12:00:00.1234567', '12:00:00+02', 'noon'],
  },
  {
    native: 'time(3) without time zone',
    type: 'time',
    target: 'time(3)',
    values: ['03:04:05.123', ['03:04:05.1230000', '03:04:05.123']],
    rejected: ['03:04:05.1234', '03:04:05.9999'],
  },
  {
    native: 'timestamp without time zone',
    type: 'timestamp',
    target: 'datetime(6)',
    values: [
      '2026-01-02 03:04:05.123456',
      '9999-12-31 23:59:59.999999',
      ['0001-01-01 00:00:00', '0001-01-01 00:00:00.000000'],
      ['2026-01-02 03:04:05.12', '2026-01-02 03:04:05.120000'],
      ['2026-01-02T03:04:05.123Z', '2026-01-02 03:04:05.123000'],
      ['2026-01-02', '2026-01-02 00:00:00.000000'],
    ],
    refused: ['infinity', '-infinity', '0044-03-15 00:00:00 BC', '10000-01-01 00:00:00'],
    rejected: [...noMoment, '2026-01-02 03:04:05.1234567', '2026-01-02 25:00:00', 'now'],
  },
  {
    native: 'timestamp(0) without time zone',
    type: 'timestamp',
    target: 'datetime',
    values: ['2026-01-02 03:04:05', ['2026-01-02T03:04:05.000Z', '2026-01-02 03:04:05']],
    rejected: ['2026-01-02 03:04:05.5', '9999-12-31 23:59:59.9'],
  },
  {
    native: 'timestamp with time zone',
    type: 'timestamptz',
    target: 'datetime(6)',
    values: [
      ['2026-01-02 03:04:05.123456+00', '2026-01-02 03:04:05.123456'],
      ['9999-12-31 23:59:59.999999+00', '9999-12-31 23:59:59.999999'],
      ['2026-01-02T03:04:05.123Z', '2026-01-02 03:04:05.123000'],
      ['2026-01-02T03:04:05+00:00', '2026-01-02 03:04:05.000000'],
    ],
    refused: ['infinity', '-infinity', '0044-03-15 00:00:00+00 BC', '10000-01-01 00:00:00+00'],
    rejected: [...noMoment, '2026-01-02 03:04:05+02', '2026-01-02 03:04:05+00:00:01'],
  },
  asText('interval', 'interval', ['1 year 2 days 03:04:05.5', '-838:59:60', 'infinity']),
  asText('time with time zone', 'other', ['03:04:05+02']),
  asText('json', 'json', ['{"a": 1.2345678901234567890, "a": 2}', '[1e400]', JSON.stringify(hard)]),
  asText('jsonb', 'json', ['{"b": 12345678901234567890123}', 'null']),
  {
    native: 'uuid',
    type: 'uuid',
    target: ['char(36)', 'uuid'],
    values: [
      '123e4567-e89b-12d3-a456-426655440000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      ['123E4567-E89B-12D3-A456-42665544ABCD', '123e4567-e89b-12d3-a456-42665544abcd'],
    ],
    rejected: ['', 'x', '123e4567e89b12d3a456426655440000z'],
  },
  {
    native: 'bit(5)',
    type: 'other',
    target: 'bit(5)',
    values: ['10101', '00000', '11111'],
    rejected: ['', '2', '111111', 'x'],
  },
  { native: 'bit(64)', type: 'other', target: 'bit(64)', values: [ones(64), '0'.repeat(64), `1${'0'.repeat(63)}`] },
  asText('bit(65)', 'other', [ones(65)]),
  asText('bit varying(5)', 'other', ['', '101']),
  ...['xml', 'money', 'inet', 'int4range', 'tsvector'].map((native) => asText(native, 'other', anyText)),
  { ...asText('public.mood', 'other', anyText), called: 'an enum' },
  { ...asText('public.pair', 'other', anyText), called: 'a composite type' },
  { ...asText('public.vector(3)', 'other', anyText), called: 'a type of an extension' },
  asText('integer[]', 'array', ['{}', '{1,NULL,3}', '[2:3]={1,2}']),
];

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

/** Values of one type, and what the server says of them. */
export interface TypeValues {
  readonly type: string;
  /** SQL. NULL is tried for every type. */
  readonly values: readonly string[];
  /** The server's text of the column `v`, where `CAST(v AS CHAR)` is not the canonical one. */
  readonly text?: string;
  readonly only?: 'mysql' | 'mariadb';
  /** The type of the column, where the log does not know it. */
  readonly declared?: string;
}

const hex = "CONCAT('\\\\x', LOWER(HEX(v)))";
const integer = (type: string, bits: number): TypeValues[] => [
  { type, values: [`${-(2n ** BigInt(bits - 1))}`, `${2n ** BigInt(bits - 1) - 1n}`, '0', '-1', '1', '99', '-100'] },
  { type: `${type} unsigned`, values: [`${2n ** BigInt(bits) - 1n}`, `${2n ** BigInt(bits - 1)}`, '0', '1', '10'] },
];
const fractions = [0, 1, 2, 3, 4, 5, 6];
const digits = (fraction: number) => (fraction === 0 ? '' : `(${fraction})`);
const nines = (count: number) => '9'.repeat(count);

export const basicTypes: readonly TypeValues[] = [
  ...integer('tinyint', 8),
  ...integer('smallint', 16),
  ...integer('mediumint', 24),
  ...integer('int', 32),
  ...integer('bigint', 64),
  {
    type: 'bigint unsigned',
    values: [
      '9007199254740991',
      '9007199254740993',
      '18446744073709551615',
      '10000000000000000000',
      '1000000000',
      '999999999',
    ],
  },
  ...[
    [65, 30],
    [65, 0],
    [30, 30],
    [10, 2],
    [9, 0],
    [18, 9],
    [5, 5],
    [1, 0],
    [38, 10],
    [20, 19],
  ].map(([precision = 0, scale = 0]) => ({
    type: `decimal(${precision},${scale})`,
    values: [
      ...(precision > scale ? [nines(precision - scale), `-${nines(precision - scale)}`] : []),
      ...(scale > 0 ? [`0.${nines(scale)}`, `-0.${'0'.repeat(scale - 1)}1`, '-0.5'] : []),
      ...(precision > scale && scale > 0 ? [`${nines(precision - scale)}.${nines(scale)}`] : []),
      '0',
      ...(precision > scale ? ['1', '-1'] : []),
    ],
  })),
  ...fractions.flatMap((fraction) => [
    {
      type: `datetime${digits(fraction)}`,
      values: [
        "'1000-01-01 00:00:00'",
        "'9999-12-31 23:59:59'",
        "'2026-02-28 12:34:56.123456'",
        "'2024-02-29 00:00:00.000009'",
      ],
    },
    {
      type: `timestamp${digits(fraction)} null`,
      values: [
        "'1970-01-01 00:00:01'",
        "'2038-01-19 03:14:07'",
        "'2026-02-28 12:34:56.123456'",
        "'2000-02-29 23:59:59.9'",
      ],
      text: "CONCAT(CAST(v AS CHAR), '+00')",
    },
    {
      type: `time${digits(fraction)}`,
      values: [
        "'838:59:59'",
        "'-838:59:59'",
        "'-00:01:00'",
        "'-01:00:00'",
        "'-00:00:00.5'",
        "'-12:34:56.123456'",
        "'00:00:00'",
        "'23:59:59.999'",
        "'100:00:00.000001'",
        ...(fraction === 6 ? ["'-00:00:00.000001'", "'838:59:58.999999'", "'-838:59:58.999999'"] : []),
      ],
    },
  ]),
  { type: 'date', values: ["'1000-01-01'", "'9999-12-31'", "'2024-02-29'", "'0001-01-01'"] },
  { type: 'year', values: ['1901', '2155', '0', "'0000'", '2026'] },
  { type: 'varchar(20)', values: ["''", "'a'", "'日本語'", "'🎣'", "' x '", "'\\\\''\\n'", `'${'ä'.repeat(20)}'`] },
  { type: 'varchar(300)', values: ["''", "REPEAT('x', 300)", "REPEAT('€', 300)"] },
  { type: 'varchar(20) character set latin1', values: ["''", "'äöü'", "'€'", "'abc'"] },
  {
    type: 'varchar(20) character set gb18030',
    values: ["''", "'äöü'", "'€'", "'abc'", "'日本語'", "'a🎣b'", "'\ue78d\ufe10㐀'"],
    only: 'mysql',
  },
  { type: 'char(10)', values: ["''", "'a'", "'日本語'", "'🎣'", "'trailing  '"] },
  { type: 'char(255)', values: ["''", "'a'", `REPEAT('日', 255)`] },
  { type: 'text', values: ["''", "REPEAT('ab', 20000)", "'日本語'"] },
  { type: 'tinytext', values: ["''", "'x'"] },
  { type: 'mediumtext', values: ["REPEAT('y', 100000)"] },
  { type: 'longtext', values: ["REPEAT('€', 100000)", "''"] },
  { type: 'text character set latin1', values: ["'ä'", "REPEAT('ä', 40000)"] },
  { type: 'tinyblob', values: ["''", "x'00ff'"], text: hex },
  { type: 'blob', values: ["''", "x'00ff5c27'", "REPEAT(x'01', 60000)"], text: hex },
  { type: 'mediumblob', values: ["REPEAT(x'80', 70000)"], text: hex },
  { type: 'longblob', values: ["REPEAT(x'00', 70000)"], text: hex },
  { type: 'varbinary(20)', values: ["''", "x'00'", "x'6100'", "x'ffff'"], text: hex },
  { type: 'binary(4)', values: ["''", "x'00'", "x'6100'", "x'ffffffff'", "'a'"], text: hex },
  { type: 'binary(255)', values: ["''", "x'00'", "x'6100'"], text: hex },
  {
    type: "enum('a','b,c','it''s','','ü','back\\\\slash')",
    values: ["'a'", "'b,c'", "'it''s'", "'ü'", "'back\\\\slash'", '0', "''", "'none of them'"],
  },
  { type: "set('a','b','it''s','ü')", values: ["''", "'a'", "'a,b'", "'b,ü'", "'it''s,a'", '0', '15'] },
  {
    type: 'double',
    values: [
      '0',
      '-0.0',
      '1.1',
      '0.1',
      '1.7976931348623157e308',
      '2.2250738585072014e-308',
      '5e-324',
      '123456789012345680',
      '1e15',
      '1e14',
      '123456789012345',
      '1234567890123456',
      '999999999999999',
      '1e-5',
      '1e-10',
      '1.5e-14',
      '1.5e-15',
      '1.5e-16',
      '1e22',
      '1e23',
      '9007199254740993',
      '0.30000000000000004',
      '-1e-320',
      '1e100',
      '-1.5e300',
    ],
  },
  ...[1, 2, 7, 8, 9, 16, 17, 63, 64].map((bits) => ({
    type: `bit(${bits})`,
    values: ['0', '1', `${2n ** BigInt(bits) - 1n}`, `${2n ** BigInt(bits - 1)}`],
    text: `LPAD(BIN(v), ${bits}, '0')`,
  })),
];

const quoted = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`;
const many = (count: number) => Array.from({ length: count }, (_, place) => place);
const nested = (depth: number) => `${'['.repeat(depth)}1${']'.repeat(depth)}`;

/** Documents that show how a server prints JSON. */
const documents = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '1.0',
  '-0.0',
  '1e100',
  '1.5e-10',
  '12345678901234567890',
  '123456789012345678901234567890',
  '-9223372036854775808',
  '18446744073709551615',
  '32767',
  '32768',
  '65535',
  '65536',
  '-32768',
  '-32769',
  '2147483648',
  '4294967296',
  '0.1',
  '1e15',
  '1e14',
  '1e16',
  '123456789.123456789',
  '""',
  '"a\\"b\\\\c"',
  '"\\u0000\\u0001\\u001f\\u007f\\b\\f\\n\\r\\t"',
  '"日本語 🎣"',
  '"/"',
  '[]',
  '{}',
  '[1, "a", null, true, {"b": [1.0, 2]}]',
  '{"bb": 1, "a": 2, "": 3, "ä": {"x": []}}',
  nested(30),
  JSON.stringify(many(30_000)),
  JSON.stringify(many(70_000).map(String)),
  JSON.stringify(Object.fromEntries(many(5000).map((place) => [`key ${place}`, place * 1000]))),
  JSON.stringify('x'.repeat(127)),
  JSON.stringify('x'.repeat(128)),
  JSON.stringify('x'.repeat(20_000)),
  JSON.stringify('"'.repeat(40_000)),
  JSON.stringify({ ['k'.repeat(65_535)]: 'v'.repeat(70_000) }),
].map(quoted);

/** Values that SQL has and JSON has not. */
const opaque = [
  "JSON_ARRAY(CAST('2026-01-02' AS DATE))",
  "JSON_OBJECT('t', CAST('-12:34:56.5' AS TIME(6)), 'u', CAST('838:59:59' AS TIME))",
  "JSON_ARRAY(CAST('2026-01-02 03:04:05.000006' AS DATETIME(6)), TIMESTAMP'1000-01-01 00:00:00')",
  'JSON_ARRAY(CAST(1.5 AS DECIMAL(10, 4)), 12345678901234567890123.45, -0.5, 0.0)',
  "JSON_ARRAY(x'00ff', _binary 'abc')",
  "CAST(b'101' AS JSON)",
  'JSON_ARRAY(CAST(2020 AS YEAR), 1e0, 3.14e0)',
  'CAST(CAST(1 AS UNSIGNED) AS JSON)',
  "CAST(ST_GeomFromText('POINT(1 2)') AS JSON)",
  "JSON_ARRAY(CAST('0000-00-00' AS DATE))",
];

export const jsonTypes: readonly TypeValues[] = [
  { type: 'json', values: documents },
  { type: 'json', values: [...opaque, quoted(nested(100)), quoted(nested(99))], only: 'mysql' },
];

/** The extended form of a geometry, made of its binary form `wkb`. */
const ewkb = (wkb: string) => {
  const byte = (place: number) => `(ST_SRID(v) >> ${place * 8}) & 255`;
  const srid = `CHAR(${[0, 1, 2, 3].map(byte).join(', ')} USING binary)`;
  const extended = `CONCAT(SUBSTR(${wkb}, 1, 4), x'20', ${srid}, SUBSTR(${wkb}, 6))`;
  return `CONCAT('\\\\x', LOWER(HEX(IF(ST_SRID(v) = 0, ${wkb}, ${extended}))))`;
};

const geometries = [
  'POINT(1 2)',
  'LINESTRING(0 0,1 1,2 -2.5)',
  'POLYGON((0 0,10 0,10 10,0 10,0 0))',
  'MULTIPOINT((1 2),(3 4))',
];
const collection = 'GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(3 4,5 6))';
const geometryValues = [...geometries, collection].flatMap((text) => [
  `ST_GeomFromText('${text}')`,
  `ST_GeomFromText('${text}', 4326)`,
]);

const uuids = [
  '123e4567-e89b-12d3-a456-426655440000',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-7fff-bfff-ffffffffffff',
];
const addresses = [
  '::',
  '::1',
  '1::',
  '2001:db8::ff00:42:8329',
  '::ffff:1.2.3.4',
  '::1.2.3.4',
  '1:0:0:2:0:0:0:3',
  '1:2:3:4:5:6:7:8',
  '::1:2:3',
  '1:2:3:4:5:6:7:0',
  '1:2:0:4:5:6:7:8',
  '0:2:3:4:5:6:7:8',
  '1:0:3:0:0:6:0:0',
  '0:1::',
  '::0.1.0.0',
  '::ffff:0:0',
  '::a:0.0.0.1',
];

export const uncommonTypes: readonly TypeValues[] = [
  { type: 'geometry', values: geometryValues, only: 'mysql', text: ewkb("ST_AsBinary(v, 'axis-order=long-lat')") },
  { type: 'geometry', values: geometryValues, only: 'mariadb', text: ewkb('ST_AsBinary(v)') },
  { type: 'point', values: ["ST_GeomFromText('POINT(1 2)')"], text: ewkb('ST_AsBinary(v)') },
  { type: 'uuid', declared: 'uuid', values: uuids.map(quoted), only: 'mariadb' },
  { type: 'inet6', declared: 'inet6', values: addresses.map(quoted), only: 'mariadb' },
  { type: 'inet4', declared: 'inet4', values: ["'0.0.0.0'", "'1.2.3.4'", "'255.255.255.0'"], only: 'mariadb' },
  ...['text', 'varchar(300)', 'longtext'].map((type) => ({
    type: `${type} COMPRESSED`,
    values: ["''", "'short'", "REPEAT('äb', 150)", "REPEAT('x', 299)"],
    only: 'mariadb' as const,
  })),
  { type: 'blob COMPRESSED', values: ["''", "x'00ff'", "REPEAT(x'00', 50000)"], text: hex, only: 'mariadb' },
  { type: 'varchar(100) COMPRESSED character set latin1', values: ["''", "REPEAT('ä', 100)"], only: 'mariadb' },
];

import type { MysqlName } from '../harness/index.ts';
import { mysqlTypes } from '../values/mysql-types.ts';
import type { ValueColumn } from './value-tables.ts';

const hard = String.raw`'it''s \\ "quoted" \\N \n\r\t\b\Z\0 % _ é 日本語 🎣'`;

/** What the documented types have not: the longest values, awkward texts, and each kind of geometry. */
const others: readonly ValueColumn[] = [
  { type: 'bit(1)', values: ["b'0'", "b'1'"] },
  { type: 'bit(64)', values: [`b'${'1'.repeat(64)}'`, "b'0'"] },
  { type: 'tinyint(1)', values: ['-128', '127', '1'] },
  { type: 'decimal(65,0)', values: ['9'.repeat(65), `-${'9'.repeat(65)}`] },
  { type: 'decimal(30,30)', values: [`0.${'9'.repeat(30)}`, `-0.${'0'.repeat(29)}1`] },
  { type: 'float', values: ['1e-45', '-1.17549435e-38', '16777217', '1234567.9', '-0e0'] },
  { type: 'double', values: ['2.2250738585072014e-308', '9007199254740993', '1e23', '0.30000000000000004', '-0e0'] },
  { type: 'year', values: ['1901', '2155', "'0000'"] },
  { type: 'char(255)', values: [`'${'🎣'.repeat(255)}'`, "' a'"] },
  { type: 'varchar(300)', values: [hard, "' a '", "''", "'NULL'", `'${'ü'.repeat(300)}'`] },
  { type: 'varchar(20) CHARACTER SET latin1', values: ["'Grüße €'", "' a '"] },
  { type: 'varchar(20) CHARACTER SET utf16 COLLATE utf16_bin', values: ["'🎣 日本'"] },
  { type: 'tinytext', values: [`repeat('x', 255)`, hard] },
  { type: 'text', values: [`repeat('x', 65535)`, hard] },
  { type: 'mediumtext', values: [`repeat('é', 70000)`, hard] },
  { type: 'longtext', values: [`repeat('日', 70000)`, hard] },
  { type: 'binary(255)', values: ["x'00'", `repeat(x'ff', 255)`] },
  { type: 'varbinary(300)', values: ["x'0020'", "x''", `repeat(x'5c', 300)`] },
  { type: 'tinyblob', values: [`repeat(x'00', 255)`] },
  { type: 'blob', values: [`repeat(x'27', 65535)`] },
  { type: 'mediumblob', values: [`repeat(x'0a', 70000)`] },
  { type: 'longblob', values: [`repeat(x'1a09', 70000)`, "x''"] },
  { type: 'timestamp', values: ["'1970-01-01 00:00:01'", "'2026-03-29 02:30:00'"] },
  { type: 'timestamp(6)', values: ["'2038-01-19 03:14:07.999999'"] },
  { type: 'datetime(3)', values: ["'2024-02-29 23:59:59.999'"] },
  { type: String.raw`enum('A','a b','it''s','ü','\\','')`, values: ["'A'", "'it''s'", "'ü'", String.raw`'\\'`] },
  {
    type: `set(${Array.from({ length: 64 }, (_, at) => `'e${at}'`).join(', ')})`,
    values: ["''", "'e63'", `'${Array.from({ length: 64 }, (_, at) => `e${at}`).join(',')}'`],
  },
  ...[
    ['point', 'POINT(-1.5 1e100)'],
    ['linestring', 'LINESTRING(0 0,1 1)'],
    ['polygon', 'POLYGON((0 0,1 0,1 1,0 0))'],
    ['multipoint', 'MULTIPOINT(0 0,1 1)'],
    ['multilinestring', 'MULTILINESTRING((0 0,1 1),(2 2,3 3))'],
    ['multipolygon', 'MULTIPOLYGON(((0 0,1 0,1 1,0 0)))'],
    ['geometrycollection', 'GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))'],
    ['geometry', 'POINT(3 4)'],
  ].map(([type = '', text]) => ({ type, values: [`ST_GeomFromText('${text}')`] })),
  { type: 'geometry', values: ["ST_GeomFromText('POINT(40 70)', 4326)"] },
];

/** An invalid value of an ENUM, which no server takes in strict mode: the sink refuses it. */
const isRefused = (type: string, sql: string): boolean => type.startsWith('enum') && sql === "''";

/** Every type of a server, with values at its edges. */
export const mysqlValueColumns = (name: MysqlName): readonly ValueColumn[] => [
  ...mysqlTypes
    .filter(({ only }) => only === undefined || (only === 'mysql') === (name === 'mysql'))
    .map(({ type, values }) => ({
      type,
      values: values.map(({ sql }) => sql).filter((sql) => !isRefused(type, sql)),
    })),
  ...others,
];

import fc from 'fast-check';
import type { TypeLiterals } from './literal-arbitraries.test-support.ts';
import {
  address,
  bits,
  clock,
  day,
  digits,
  double,
  hex,
  instant,
  interval,
  lsn,
  number,
  point,
  points,
  real,
  signed,
  text,
  zone,
} from './literal-arbitraries.test-support.ts';
import { rangeLiterals } from './range-literals.test-support.ts';

const each = (list: string): readonly string[] => list.split('|');

const integer = (min: bigint, max: bigint): TypeLiterals => ({
  fixed: [String(min), String(max), '0', '-1'].filter((value) => BigInt(value) >= min),
  random: fc.bigInt({ min, max }).map(String),
});
/** By name in `pg_type`: every type whose binary form can be read. */
export const typeLiterals: Readonly<Record<string, TypeLiterals>> = {
  bool: { fixed: ['t', 'f'] },
  int2: integer(-32_768n, 32_767n),
  int4: integer(-(2n ** 31n), 2n ** 31n - 1n),
  int8: integer(-(2n ** 63n), 2n ** 63n - 1n),
  oid: integer(0n, 2n ** 32n - 1n),
  xid: integer(0n, 2n ** 32n - 1n),
  cid: integer(0n, 2n ** 32n - 1n),
  xid8: integer(0n, 2n ** 64n - 1n),
  tid: { fixed: ['(0,0)', '(4294967295,65535)'] },
  pg_lsn: {
    fixed: ['0/0', 'FFFFFFFF/FFFFFFFF', '16/B374D848'],
    random: lsn.map(([a, b]) => `${a.toString(16)}/${b.toString(16)}`),
  },
  numeric: {
    fixed: [
      'NaN',
      'Infinity',
      '-Infinity',
      '0',
      '0.000',
      '-0.00',
      '1',
      '10000',
      '0.0001',
      '-0.00001',
      '99999999',
      '1e1000',
      '1e-1000',
      '12345.6789e-20',
      `${'9'.repeat(1000)}.${'7'.repeat(1000)}`,
      `-${'1234567890'.repeat(100)}`,
      '1e131071',
      '1e-16383',
      '100000000.00000000',
    ],
    random: fc.oneof(
      number,
      signed(digits(30)),
      fc.tuple(signed(digits(12)), fc.integer({ min: -60, max: 60 })).map((parts) => parts.join('e')),
      fc.tuple(digits(1000), digits(1000)).map((parts) => parts.join('.')),
    ),
  },
  float4: {
    fixed: each(
      'NaN|Infinity|-Infinity|0|-0|1e-45|3.4028235e+38|1.1754944e-38|0.1|100000|999999|1e6|1234567|0.0001|0.00001|2097152.25|16777216|33554432|8388608',
    ),
    random: real,
  },
  float8: {
    fixed: each(
      'NaN|Infinity|-Infinity|0|-0|5e-324|1.7976931348623157e+308|2.2250738585072014e-308|0.1|1e14|1e15|123456789012345|1234567890123456|1e21|1e22|1e23|0.0001|0.00001|9007199254740993|1125899906842624.25',
    ),
    random: double,
  },
  money: {
    fixed: each('0|0.01|-0.05|-1234.5|999.99|1000|-92233720368547758.08|92233720368547758.07'),
    random: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).map((cents) => `${cents / 100n}.07`),
  },
  text: { fixed: ['', 'NULL', 'null', 'a b', `it's`], random: text },
  varchar: { fixed: [''], random: text },
  bpchar: { fixed: ['', 'ab   '], random: text },
  name: { fixed: ['', 'users'] },
  refcursor: { fixed: ['', 'c 1'] },
  char: {
    fixed: each('|a| |"|\\'),
    random: fc.integer({ min: 0x80, max: 0xff }).map((byte) => `\\${byte.toString(8)}`),
  },
  bytea: {
    fixed: ['\\x', '\\x00ff5c27'],
    random: fc
      .nat({ max: 20 })
      .chain(hex)
      .map((value) => `\\x${value}`),
  },
  json: { fixed: ['{"a":  1.0, "a": 12345678901234567890}', '"\\u00e4"', 'null'] },
  jsonb: {
    fixed: ['{"b": 1.10, "a": [null, "x"]}', '"text"', 'null', '1e400'],
    random: fc.json().map((value) => value.replaceAll('\\u0000', '')),
  },
  jsonpath: { fixed: ['$.a[*] ? (@ > 1)', 'strict $."a b"'] },
  xml: {
    fixed: each(
      '<a>1</a> text|<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?><a/>|<?xml version="1.0"?>\n<a/>|',
    ),
  },
  uuid: { fixed: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'], random: hex(16) },
  date: {
    fixed: each('infinity|-infinity|4713-01-01 BC|0001-12-31 BC|0001-01-01|2000-02-29|1900-02-28|5874897-12-31'),
    random: day,
  },
  time: { fixed: each('00:00|24:00:00|23:59:59.999999|00:00:00.000001|12:00:00.1'), random: clock },
  timetz: {
    fixed: each('00:00+00|24:00:00-15:59:59|12:34:56.789+05:30|01:02:03+15:59|01:02:03-00:00:01'),
    random: fc.tuple(clock, zone).map(([time, [sign, ...parts]]) => `${time}${sign}${parts.join(':')}`),
  },
  timestamp: {
    fixed: each(
      'infinity|-infinity|4713-01-01 00:00:00.5 BC|294276-12-31 23:59:59.999999|1999-12-31 23:59:59.999999|0001-12-31 23:59:59 BC|2000-01-01',
    ),
    random: instant,
  },
  timestamptz: {
    fixed: each(
      'infinity|-infinity|4713-01-01 00:00:00+00 BC|294276-12-31 23:59:59.999999+00|2026-02-03 04:05:06.000007+05:45',
    ),
    random: instant,
  },
  interval: {
    fixed: each(
      '0|1 year|-1 year|1 mon|13 mons|-13 mons 1 day|1 day|-1 day 00:00:01|-1 mon 1 day -00:00:01|1 year -2 mons +3 days -04:05:06.000007|-00:00:00.000001|178956970 years 7 mons 2147483647 days|-178956970 years -8 mons -2147483648 days|2147483647:59:59.999999|-2147483647:59:59',
    ),
    random: interval,
  },
  bit: { fixed: ['0', '1'] },
  varbit: { fixed: each('|1|00000000|101010101'), random: bits },
  inet: {
    fixed: each(
      '192.168.0.1/24|0.0.0.0/0|255.255.255.255|::|::1|::1/64|::ffff:1.2.3.4|::1.2.3.4|::2|2001:db8::|1:0:0:2:0:0:0:3/0|0:1:0:1:0:1:0:1|fe80::1:0:0:1',
    ),
    random: address,
  },
  cidr: {
    fixed: each('192.168.0.0/24|0.0.0.0/0|10.1.2.3|::/0|::1/128|2001:db8::/32|::ffff:1.2.3.4/128'),
    random: address,
  },
  macaddr: { fixed: ['00:00:00:00:00:00'], random: hex(6) },
  macaddr8: { fixed: ['ff:ff:ff:ff:ff:ff:ff:ff'], random: hex(8) },
  point: { fixed: ['(0,-0)', '(1e+300,NaN)', '(Infinity,1.5)'], random: point },
  lseg: { fixed: ['[(0,0),(1,1)]'], random: fc.tuple(point, point).map((pair) => `[${pair.join(',')}]`) },
  box: { fixed: ['(1,1),(0,0)'], random: fc.tuple(point, point).map((pair) => pair.join(',')) },
  line: { fixed: ['{1,2,3}', '{0.1,-1,1e20}'] },
  path: {
    fixed: ['[(0,0)]', '((0,0),(1,1))'],
    random: fc.tuple(points, fc.boolean()).map(([list, open]) => (open ? `[${list}]` : `(${list})`)),
  },
  polygon: { fixed: ['((0,0))'], random: points.map((list) => `(${list})`) },
  circle: { fixed: ['<(0,0),0>', '<(1.5,2),1e20>'] },
  ...rangeLiterals,
};

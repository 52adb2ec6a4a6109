import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinaryTypes } from './binary-types.ts';
import { builtinOid } from './builtin-types.ts';
import { columnValues } from './column-values.ts';
import { MalformedValue } from './malformed-value.ts';
import { valueDecoder } from './value-decoder.ts';

const types = new BinaryTypes();
const decoderOf = (name: string) => {
  const oid = builtinOid(name) ?? 0;
  return columnValues(oid, name, types).decoder;
};

const framed = <T>(bytes: Buffer, read: (buffer: Buffer, start: number, end: number) => T): T => {
  const padding = Buffer.from('7x');
  return read(Buffer.concat([padding, bytes, padding]), 2, 2 + bytes.length);
};
const ofText = (name: string, text: string): unknown => framed(Buffer.from(text), decoderOf(name).fromText);
const ofBinary = (name: string, hex: string): unknown => framed(Buffer.from(hex, 'hex'), decoderOf(name).fromBinary);
const textOfBinary = (name: string, hex: string): string =>
  framed(Buffer.from(hex, 'hex'), decoderOf(name).textOfBinary);

describe('valueDecoder, text', () => {
  it.each<[string, string, unknown]>([
    ['int2', '-32768', -32_768],
    ['int4', '2147483647', 2_147_483_647],
    ['int4', '0', 0],
    ['oid', '4294967295', 4_294_967_295],
    ['int8', '9223372036854775807', 9_223_372_036_854_775_807n],
    ['int8', '-9223372036854775808', -9_223_372_036_854_775_808n],
    ['int8', '-5', -5n],
    ['int8', '9007199254740993', 9_007_199_254_740_993n],
    ['numeric', '0.10000000000000000000001', '0.10000000000000000000001'],
    ['numeric', 'NaN', 'NaN'],
    ['float4', '0.1', 0.1],
    ['float8', '1e-07', 1e-7],
    ['float8', 'NaN', Number.NaN],
    ['float8', 'Infinity', Number.POSITIVE_INFINITY],
    ['float8', '-Infinity', Number.NEGATIVE_INFINITY],
    ['float8', '-0', -0],
    ['bool', 't', true],
    ['bool', 'f', false],
    ['text', 'grüße 🌍', 'grüße 🌍'],
    ['text', '', ''],
    ['bpchar', 'ab   ', 'ab   '],
    ['bytea', '\\x00ff5C', Buffer.from([0, 255, 0x5c])],
    ['bytea', '\\x', Buffer.alloc(0)],
    ['bytea', '', Buffer.alloc(0)],
    ['bytea', 'a\\\\b\\000\\377', Buffer.from('a\\b\0\xff', 'latin1')],
    ['date', '2026-01-02', '2026-01-02'],
    ['date', '0044-03-15 BC', '0044-03-15 BC'],
    ['date', 'infinity', 'infinity'],
    ['time', '24:00:00', '24:00:00'],
    ['timetz', '03:04:05.1+00', '03:04:05.1+00'],
    ['timestamp', '2026-01-02 03:04:05.123456', '2026-01-02T03:04:05.123456'],
    ['timestamp', '294276-12-31 23:59:59.999999', '294276-12-31T23:59:59.999999'],
    ['timestamp', '0044-03-15 00:00:00 BC', '0044-03-15 00:00:00 BC'],
    ['timestamp', '-infinity', '-infinity'],
    ['timestamptz', '2026-01-02 03:04:05.123456+00', '2026-01-02T03:04:05.123456Z'],
    ['timestamptz', '2026-01-02 03:04:05+05:30', '2026-01-02T03:04:05+05:30'],
    ['timestamptz', '0044-03-15 00:00:00+00 BC', '0044-03-15 00:00:00+00 BC'],
    ['timestamptz', 'infinity', 'infinity'],
    ['interval', '1 year 2 mons -03:04:05.5', '1 year 2 mons -03:04:05.5'],
    ['json', '{"a": [1, null]}', { a: [1, null] }],
    ['jsonb', '"text"', 'text'],
    ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['money', '$1.00', '$1.00'],
    ['_int4', '{}', []],
    ['_int4', '{1,NULL,-3}', [1, null, -3]],
    [
      '_int8',
      '{{1,2},{3,4}}',
      [
        [1n, 2n],
        [3n, 4n],
      ],
    ],
    [
      '_int4',
      '[0:1][-1:0]={{1,2},{3,4}}',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['_text', String.raw`{a,"b,c","NULL",NULL,"","\"x\\"}`, ['a', 'b,c', 'NULL', null, '', '"x\\']],
    ['_bool', '{t,f}', [true, false]],
    ['_bytea', String.raw`{"\\x00ff"}`, [Buffer.from([0, 255])]],
    ['_timestamptz', '{"2026-01-02 03:04:05+00",infinity}', ['2026-01-02T03:04:05Z', 'infinity']],
    ['_jsonb', String.raw`{"{\"a\": [1]}",null,NULL}`, [{ a: [1] }, null, null]],
    ['_numeric', '{1.50,NaN}', ['1.50', 'NaN']],
    ['_box', '{(1,1),(0,0);NULL;(2,2),(1,1)}', ['(1,1),(0,0)', null, '(2,2),(1,1)']],
  ])('%s %s', (name, text, value) => {
    expect(ofText(name, text)).toStrictEqual(value);
  });

  it('gives everything that is not built in, arrays included, as its exact text', () => {
    expect(framed(Buffer.from('{1,NULL,"a b"}'), valueDecoder(undefined, undefined).fromText)).toBe('{1,NULL,"a b"}');
  });

  it.each([
    ['int4', ''],
    ['int4', '-'],
    ['int4', '1.5'],
    ['int4', '1234567890123456'],
    ['int8', '12345678901234567x'],
    ['int8', '--345678901234567'],
    ['float8', ''],
    ['float8', 'one'],
    ['bool', 'true'],
    ['bytea', '\\x0'],
    ['bytea', '\\x0g'],
    ['bytea', 'a\\9'],
    ['bytea', 'a\\777'],
    ['bytea', 'a\\'],
    ['json', '{secret'],
    ['json', ''],
    ['_int4', ''],
    ['_int4', '{'],
    ['_int4', '{1'],
    ['_int4', '{1,'],
    ['_int4', '{1,}'],
    ['_int4', '{1}secret'],
    ['_int4', '{secret}'],
    ['_text', '{"secret'],
    ['_text', '{"secret\\'],
    ['_text', '{{{{{{{1}}}}}}}'],
    ['_text', '[0:1]'],
  ])('rejects %s %j without quoting it', (name, text) => {
    const decode = () => ofText(name, text);
    expect(decode).toThrow(MalformedValue);
    if (text.length > 4) expect(decode).not.toThrow(text.slice(1));
  });

  it('shares no memory with the row', () => {
    const bytes = Buffer.from('\\xaabb');
    const value = decoderOf('bytea').fromText(bytes, 0, bytes.length);
    bytes.fill(0);
    expect(value).toEqual(Buffer.from('aabb', 'hex'));
  });
});

describe('valueDecoder, binary', () => {
  // Bytes as the server's send functions write them.
  it.each<[string, string, string, unknown]>([
    ['int2', 'fffe', '-2', -2],
    ['int4', '7fffffff', '2147483647', 2_147_483_647],
    ['oid', 'fffffffe', '4294967294', 4_294_967_294],
    ['int8', '8000000000000000', '-9223372036854775808', -9_223_372_036_854_775_808n],
    ['float4', '3dcccccd', '0.1', 0.1],
    ['float4', '7f800000', 'Infinity', Number.POSITIVE_INFINITY],
    ['float4', '00000001', '1e-45', 1e-45],
    ['float8', '3fb999999999999a', '0.1', 0.1],
    ['float8', '8000000000000000', '-0', -0],
    ['float8', '7ff8000000000000', 'NaN', Number.NaN],
    ['bool', '01', 't', true],
    ['bool', '00', 'f', false],
    ['text', 'c3a9', 'é', 'é'],
    ['bytea', '00ff', '\\x00ff', Buffer.from([0, 255])],
    ['json', '7b7d', '{}', {}],
    ['jsonb', '017b7d', '{}', {}],
    [
      'uuid',
      'a0eebc999c0b4ef8bb6d6bb9bd380a11',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    ],
    ['date', '00000000', '2000-01-01', '2000-01-01'],
    ['date', '0000003b', '2000-02-29', '2000-02-29'],
    ['date', 'fffffffe', '1999-12-30', '1999-12-30'],
    ['date', 'fff4dbf9', '0001-01-01', '0001-01-01'],
    ['date', 'fff4dbf8', '0001-12-31 BC', '0001-12-31 BC'],
    ['date', '7fffffff', 'infinity', 'infinity'],
    ['date', '80000000', '-infinity', '-infinity'],
    ['time', '000000141dd75fff', '23:59:59.999999', '23:59:59.999999'],
    ['time', '0000000000000000', '00:00:00', '00:00:00'],
    ['timestamp', '0000000000000001', '2000-01-01 00:00:00.000001', '2000-01-01T00:00:00.000001'],
    ['timestamp', 'fd0f7fbdaf1f8120', '4713-01-01 00:00:00.5 BC', '4713-01-01 00:00:00.5 BC'],
    ['timestamp', 'ffffffffffffffff', '1999-12-31 23:59:59.999999', '1999-12-31T23:59:59.999999'],
    ['timestamptz', '0000000000000000', '2000-01-01 00:00:00+00', '2000-01-01T00:00:00Z'],
    ['timestamptz', '7fffffffffffffff', 'infinity', 'infinity'],
    ['timestamptz', '8000000000000000', '-infinity', '-infinity'],
  ])('%s %s', (name, hex, text, value) => {
    expect(textOfBinary(name, hex)).toBe(text);
    expect(ofBinary(name, hex)).toStrictEqual(value);
  });

  it('agrees with the calendar of JavaScript', () => {
    const epoch = Date.UTC(2000, 0, 1);
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        (date) => {
          const buffer = Buffer.alloc(8);
          buffer.writeBigInt64BE(BigInt(date.getTime() - epoch) * 1000n);
          const value = decoderOf('timestamptz').fromBinary(buffer, 0, 8);
          expect(new Date(String(value)).getTime()).toBe(date.getTime());
        },
      ),
    );
  });

  it('gives a float4 the same value as its text', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        const buffer = Buffer.alloc(4);
        buffer.writeFloatBE(value);
        const decoded = Number(decoderOf('float4').fromBinary(buffer, 0, 4));
        expect(Object.is(Math.fround(decoded), Number.isNaN(value) ? Number.NaN : value)).toBe(true);
      }),
    );
  });

  it.each([
    ['int4', '0000'],
    ['bool', ''],
    ['jsonb', '027b7d'],
    ['jsonb', ''],
    ['time', 'ffffffffffffffff'],
    ['numeric', '0000'],
    ['interval', '00'],
    ['money', '00'],
  ])('rejects %s %j', (name, hex) => {
    expect(() => textOfBinary(name, hex)).toThrow(MalformedValue);
    expect(() => ofBinary(name, hex)).toThrow(MalformedValue);
  });
});

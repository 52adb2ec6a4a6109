import { expect, it } from 'vitest';
import { BinaryTypes } from './binary-types.ts';
import { builtinOid } from './builtin-types.ts';
import { columnValues } from './column-values.ts';
import { MalformedValue } from './malformed-value.ts';
import { type ValueForm, ValueForms, valueFormProblems } from './value-forms.ts';

const decoded = (type: string, text: string, forms: Readonly<Record<string, ValueForm>>, native = type): unknown => {
  const decoder = columnValues(builtinOid(type) ?? 0, native, new BinaryTypes(), new ValueForms(forms)).decoder;
  return decoder.fromText(Buffer.from(`x${text}x`), 1, 1 + Buffer.byteLength(text));
};

it.each<[string, string, Readonly<Record<string, ValueForm>>, unknown]>([
  ['int8', '9007199254740991', { bigint: 'number' }, 9_007_199_254_740_991],
  ['int8', '-5', { bigint: 'text' }, '-5'],
  ['numeric', '1.10', { decimal: 'number' }, 1.1],
  ['numeric', 'NaN', { decimal: 'number' }, Number.NaN],
  ['date', '2026-01-02', { date: 'date' }, new Date('2026-01-02T00:00:00Z')],
  ['date', '0044-03-15 BC', { date: 'date' }, new Date('-000043-03-15T00:00:00Z')],
  ['date', '0001-01-01', { date: 'date' }, new Date('0001-01-01T00:00:00Z')],
  ['timestamp', '2026-01-02 03:04:05.123999', { timestamp: 'date' }, new Date('2026-01-02T03:04:05.123Z')],
  ['timestamptz', '12026-01-02 03:04:05.1+00', { timestamptz: 'date' }, new Date('+012026-01-02T03:04:05.100Z')],
  ['jsonb', '{"n": 1.0}', { json: 'text' }, '{"n": 1.0}'],
  ['_int8', '{1,NULL,{2}}', { bigint: 'number' }, [1, null, [2]]],
  ['_int8', '{1,2}', { '_int8[]': 'text' }, [1n, 2n]],
  ['uuid', 'A', { uuid: (text) => text.toLowerCase() }, 'a'],
  ['uuid', 'A', { json: 'text' }, 'A'],
])('%s %s as %o', (type, text, forms, value) => {
  expect(decoded(type, text, forms)).toStrictEqual(value);
});

it('prefers the name of the type to what its values are', () => {
  const forms: Readonly<Record<string, ValueForm>> = {
    text: 'text',
    character: (text) => text.trimEnd(),
    'public.mood': () => 1,
  };
  expect(decoded('bpchar', 'ab   ', forms, 'character(5)')).toBe('ab');
  expect(decoded('varchar', 'ab   ', forms, 'character varying(5)')).toBe('ab   ');
  expect(decoded('unknown', 'fine', forms, 'public.mood')).toBe(1);
});

it.each<[string, string, Readonly<Record<string, ValueForm>>]>([
  ['int8', '9007199254740992', { bigint: 'number' }],
  ['date', 'infinity', { date: 'date' }],
  ['date', '5874897-12-31', { date: 'date' }],
  [
    'text',
    'secret',
    {
      text: (text) => {
        throw new Error(text);
      },
    },
  ],
])('%s %s is no %o, and is not quoted', (type, text, forms) => {
  expect(() => decoded(type, text, forms)).toThrow(MalformedValue);
  expect(() => decoded(type, text, forms)).not.toThrow(text);
});

const written = (type: string, value: unknown, form: ValueForm, native = type): string | undefined =>
  columnValues(builtinOid(type) ?? 0, native, new BinaryTypes(), new ValueForms({ [native]: form })).described.encode?.(
    value,
  );

it('writes what a codec reads; what was asked for as text as it is; and anything else as usual', () => {
  const reversed = (text: string) => [...text].reverse().join('');
  const codec = { decode: reversed, encode: (value: string) => reversed(value) };
  expect(decoded('text', 'abc', { text: codec })).toBe('cba');
  expect(written('text', 'cba', codec)).toBe('abc');
  expect(written('jsonb', '{"n": 1.0}', 'text')).toBe('{"n": 1.0}');
  expect(written('jsonb', { n: 1 }, 'text')).toBeUndefined();
  expect(written('uuid', 'a', reversed)).toBeUndefined();
  expect(written('timestamptz', new Date(0), 'date', 'timestamp with time zone')).toBeUndefined();
});

it('takes nothing but a text from a codec', () => {
  const codec = { decode: (text: string) => text, encode: () => 7 as unknown as string };
  expect(() => written('text', 'secret', codec)).toThrow(new TypeError('encode returned no string'));
});

it('reads arrays of types that are not built in by what their elements are', () => {
  const [mood, moods, positive, boxes] = [16_500, 16_501, 16_502, 16_503] as const;
  const element = {
    oid: mood,
    base: mood,
    native: 'public.mood',
    standsFor: 25,
    delimiter: ',',
    array: 'public.mood[]',
  };
  const array = (standsFor: number) => ({ standsFor, modifier: -1 });
  const types = new BinaryTypes(
    180_000,
    new Map([
      [moods, { ...array(moods), element }],
      [
        positive,
        { ...array(positive), element: { ...element, oid: 16_510, base: 23, native: 'integer', standsFor: 23 } },
      ],
      [boxes, { ...array(boxes), element: { ...element, standsFor: mood, delimiter: ':' } }],
    ]),
  );
  const of = (oid: number, text: string, forms: Readonly<Record<string, ValueForm>> = {}) => {
    const { described, decoder } = columnValues(oid, 'unknown', types, new ValueForms(forms));
    return [described, decoder.fromText(Buffer.from(text), 0, Buffer.byteLength(text)), decoder.readsBinary];
  };
  expect(of(moods, '{fine,NULL,"so so"}')).toEqual([
    { type: 'array', element: 'other' },
    ['fine', null, 'so so'],
    true,
  ]);
  expect(of(positive, '{{1},{2}}')).toEqual([{ type: 'array', element: 'int' }, [[1], [2]], true]);
  expect(of(boxes, '{a,b:c}')).toEqual([{ type: 'array', element: 'other', delimiter: ':' }, ['a,b', 'c'], false]);
  expect(of(moods, '{fine}', { 'public.mood': (text) => text.length })).toMatchObject([{}, [4], true]);
  const binary = Buffer.from('00000001000000000000407400000001000000010000000466696e65', 'hex');
  expect(columnValues(moods, '', types).decoder.fromBinary(binary, 0, binary.length)).toEqual(['fine']);
  expect(() => columnValues(positive, '', types).decoder.fromBinary(binary, 0, binary.length)).toThrow(MalformedValue);
});

it('reports forms that there are not, and those that do not fit', () => {
  const wrong = { bigint: 'date', text: 'number', json: 'object', date: null, money: 'number', uuid: 'text', x: {} };
  expect(valueFormProblems(wrong).map(({ type }) => type)).toEqual(['bigint', 'text', 'json', 'date', 'money', 'x']);
});

import { describe, expect, it } from 'vitest';
import { MillraceError } from '../errors/millrace-error.ts';
import { canonicalText, UnwritableValue } from './canonical-text.ts';
import { changedRow, decodedRow } from './decoded-row.ts';
import type { Column } from './relation.ts';
import type { RowImage } from './row-image.ts';

type Form = Pick<Column, 'type' | 'element' | 'delimiter' | 'encode'>;

const upper = (value: unknown) => (typeof value === 'string' ? value.toUpperCase() : undefined);

it.each<[unknown, Form, string]>([
  [1, { type: 'int' }, '1'],
  [-9_223_372_036_854_775_808n, { type: 'bigint' }, '-9223372036854775808'],
  [-0, { type: 'float' }, '-0'],
  [Number.NaN, { type: 'float' }, 'NaN'],
  [Number.NEGATIVE_INFINITY, { type: 'float' }, '-Infinity'],
  [5e-324, { type: 'float' }, '5e-324'],
  [true, { type: 'boolean' }, 'true'],
  ['', { type: 'text' }, ''],
  [Buffer.from([0, 255]), { type: 'bytes' }, '\\x00ff'],
  [new Uint8Array([1, 2, 3]).subarray(1), { type: 'bytes' }, '\\x0203'],
  [new Date('2026-01-02T03:04:05.678Z'), { type: 'timestamptz' }, '2026-01-02T03:04:05.678Z'],
  [new Date('-000043-03-15T00:00:00Z'), { type: 'date' }, '0044-03-15T00:00:00.000Z BC'],
  [new Date('0000-03-15T00:00:00Z'), { type: 'date' }, '0001-03-15T00:00:00.000Z BC'],
  [new Date('+012026-01-02T03:04:05Z'), { type: 'date' }, '12026-01-02T03:04:05.000Z'],
  [{ a: [1, 'x'] }, { type: 'json' }, '{"a":[1,"x"]}'],
  ['text', { type: 'json' }, '"text"'],
  [new URL('https://example.com/'), { type: 'text' }, 'https://example.com/'],
  ['{1,2}', { type: 'array', element: 'int' }, '{1,2}'],
  [[], { type: 'array', element: 'int' }, '{}'],
  [[1, null, -0], { type: 'array', element: 'float' }, '{"1",NULL,"-0"}'],
  [['a"b\\', 'NULL', ''], { type: 'array', element: 'text' }, '{"a\\"b\\\\","NULL",""}'],
  [[[1], [2]], { type: 'array', element: 'int' }, '{{"1"},{"2"}}'],
  [['(1,1),(0,0)', null], { type: 'array', element: 'other', delimiter: ';' }, '{"(1,1),(0,0)";NULL}'],
  [[[1], null], { type: 'array', element: 'json' }, '{"[1]",NULL}'],
  ['fine', { type: 'other', encode: upper }, 'FINE'],
  [7, { type: 'other', encode: upper }, '7'],
  [[['a'], ['b']], { type: 'array', element: 'json', encode: upper }, '{{"A"},{"B"}}'],
])('the text of %o as %o is %s', (value, form, text) => {
  expect(canonicalText(value, form)).toBe(text);
});

it.each<[string, unknown, Form]>([
  ['an object', { a: 1 }, { type: 'text' }],
  ['an object without a prototype', Object.create(null), { type: 'text' }],
  ['bytes of no array', new ArrayBuffer(2), { type: 'bytes' }],
  ['an array', ['a', 'b'], { type: 'text' }],
  ['a symbol', Symbol('fine'), { type: 'other' }],
  ['a function', () => 1, { type: 'other' }],
  ['an invalid date', new Date(Number.NaN), { type: 'date' }],
  ['JSON that is none', () => 1, { type: 'json' }],
  ['half a surrogate pair', 'a\ud83d', { type: 'text' }],
  ['half a surrogate pair in an array', ['\udc00'], { type: 'array', element: 'text' }],
  ['an object in an array', [{ a: 1 }], { type: 'array', element: 'text' }],
])('%s has no text', (_, value, form) => {
  expect(() => canonicalText(value, form)).toThrow(UnwritableValue);
});

describe('a row of values that cannot be written', () => {
  const column = { name: 'v', native: 'x', nullable: true, generated: false };
  const rowOf = (form: Form, v: unknown) => {
    const relation = {
      schema: 'public',
      table: 't',
      version: 1,
      columns: [{ ...column, ...form }],
      key: null,
      identity: 'full' as const,
    };
    return decodedRow(relation, { v });
  };
  const encode = (value: unknown): string => {
    throw new RangeError(`not ${value}`);
  };

  it.each<[string, Form, unknown]>([
    ['JSON.stringify', { type: 'json' }, { secret: 1n }],
    ['a codec', { type: 'other', encode }, 'secret'],
    ['nothing', { type: 'text' }, { secret: 1 }],
  ])('names table and column and no value, when %s fails', (_, form, value) => {
    const row = rowOf(form, value);
    const failure = expect.objectContaining({ code: 'ENCODE_FAILED', details: { table: 'public.t', column: 'v' } });
    for (const read of [() => row.text(0), () => row.writeText(0, Buffer.alloc(10), 0)]) {
      expect(read).toThrow(MillraceError);
      expect(read).toThrow(failure);
      expect(read).not.toThrow('secret');
    }
  });
});

describe('a row that is given the values it was read as', () => {
  const columns: Column[] = [
    { name: 'id', type: 'timestamptz', native: 'timestamptz', nullable: false, generated: false },
    { name: 'doc', type: 'json', native: 'jsonb', nullable: true, generated: false },
  ];
  const relation = { schema: 'public', table: 't', version: 1, columns, key: [0], identity: 'key' as const };
  const texts = ['2026-01-02 03:04:05+00', '{"n": 1.10}'];
  const read = (doc: string): RowImage => ({
    ...decodedRow(relation, {}),
    relation,
    state: () => 'value',
    text: (column) => (column === 0 ? (texts[0] ?? null) : doc),
    writeText: (column, target, at) => at + target.write(column === 0 ? (texts[0] ?? '') : doc, at),
    value: (column) => (column === 0 ? '2026-01-02T03:04:05Z' : JSON.parse(doc)),
  });
  const written = (row: RowImage, column: number) => {
    const target = Buffer.alloc(100);
    const end = row.writeText(column, target, 0);
    expect(row.text(column)).toBe(target.toString('utf8', 0, end));
    return row.text(column);
  };

  it('keeps their exact text', () => {
    const row = changedRow(read('{"n": 1.10}'), relation, { id: '2026-01-02T03:04:05Z', doc: { n: 1.1 } });
    expect([written(row, 0), written(row, 1)]).toEqual(texts);
    const none = changedRow(read('null'), relation, { doc: null });
    expect([none.state(1), written(none, 1), none.value(1)]).toEqual(['value', 'null', null]);
  });

  it('writes others, those that were changed in place included', () => {
    const row = changedRow(read('{"n": 1.10}'), relation, { id: '2026-01-02T03:04:05.1Z', doc: { n: 1.2 } });
    expect([written(row, 0), written(row, 1)]).toEqual(['2026-01-02T03:04:05.1Z', '{"n":1.2}']);
    const nothing = changedRow(read('{"n": 1.10}'), relation, { doc: null });
    expect([nothing.state(1), nothing.text(1)]).toEqual(['null', null]);
  });
});

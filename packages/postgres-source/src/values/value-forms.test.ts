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

it('reports forms that there are not, and those that do not fit', () => {
  const wrong = { bigint: 'date', text: 'number', json: 'object', date: null, money: 'number', uuid: 'text' };
  expect(valueFormProblems(wrong).map(({ type }) => type)).toEqual(['bigint', 'text', 'json', 'date', 'money']);
});

import { type Column, qualifiedName, type Relation, type ValueType } from '@millrace/core';

/** Values by `schema.table.column` or by the database's name of a type. Of a key, other numbers give other values. */
export type GivenValues = Readonly<Record<string, (number: number) => unknown>>;

/** Makes a value from a number; small numbers make simple values. */
type Maker = (number: number, native: string) => unknown;

/** Texts that some form of a statement, an array or a COPY has to escape, or takes for something else. */
const oddTexts = [
  'a',
  '',
  ' ',
  "it's",
  '"quoted"',
  'back\\slash',
  '\\N',
  '\\.',
  'tab\tnew\nline\rreturn',
  '{a,"b"}',
  'NULL',
  'grüße 日本 🦀',
  'e\u0301',
  '$1',
  ';\nCOMMIT',
];

/** How many characters it takes for a database to store a value out of its row. */
const outOfLine = 2_500;

const cyclic =
  (values: readonly unknown[]): Maker =>
  (number) =>
    values[number % values.length];

const padded = (number: number, length = 2): string => String(number).padStart(length, '0');

/** What is between the parentheses of a type: `[10, 2]` of `numeric(10,2)`. */
const modifiersOf = (native: string): readonly number[] =>
  /\(([\d, ]+)\)/.exec(native)?.[1]?.split(',').map(Number) ?? [];

const text: Maker = (number, native) => {
  const [length = Number.POSITIVE_INFINITY] = modifiersOf(native);
  const long = `${number} `.repeat(Math.ceil(outOfLine / 2)).slice(0, outOfLine);
  const chosen = number % 4 === 3 ? long : oddTexts[number % oddTexts.length];
  const fitting = [...(chosen ?? '')].slice(0, length).join('');
  return isPadded(native) ? fitting.padEnd(length) : fitting;
};

const isPadded = (native: string): boolean => /^(char|character|bpchar)\(/.test(native);

const integer =
  (bits: number): Maker =>
  (number) => {
    const limit = 2 ** (bits - 1);
    return cyclic([0, 1, -1, limit - 1, -limit, number % limit])(number, '');
  };

const decimal: Maker = (number, native) => {
  const [precision, scale = 0] = modifiersOf(native);
  if (precision === undefined)
    return cyclic(['0', '1', '1.0', '-1.50', '12345678901234567890.123456789'])(number, native);
  const whole = BigInt(number) % 10n ** BigInt(precision - scale);
  return scale === 0 ? String(whole) : `${whole}.${'25'.repeat(scale).slice(0, scale)}`;
};

const day = (number: number): string =>
  `${2000 + (number % 50)}-${padded(1 + (number % 12))}-${padded(1 + (number % 28))}`;
/** Of a fraction of a second databases print no zeros at its end. */
const clock = (number: number): string =>
  `${padded(number % 24)}:${padded(number % 60)}:${padded(number % 60)}${['', '.5', '.000001', '.123456'][number % 4]}`;

const bytes: Maker = (number) =>
  number % 4 === 3 ? Buffer.alloc(outOfLine, number) : Buffer.from([0, 0xff, 0x5c, number & 0xff].slice(number % 4));

const uuid: Maker = (number) => `00000000-0000-4000-8000-${padded(number, 12)}`;

const makers: Readonly<Record<Exclude<ValueType, 'array' | 'other'>, Maker>> = {
  smallint: integer(16),
  int: integer(32),
  bigint: (number) => cyclic([0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), BigInt(number) * 2n ** 31n])(number, ''),
  decimal,
  float: (number) => cyclic([0, 1, -1.5, 0.1, number / 4])(number, ''),
  boolean: (number) => number % 2 === 1,
  text,
  bytes,
  date: day,
  time: clock,
  timestamp: (number) => `${day(number)}T${clock(number)}`,
  timestamptz: (number) => `${day(number)}T${clock(number)}Z`,
  interval: cyclic(['00:00:00', '1 day', '1 year 2 mons 3 days 04:05:06.5', '-1 days +00:00:01']),
  json: cyclic([{ a: 1 }, [], { text: 'it\'s "\\ 🦀' }, [1, null, { b: [true] }], 'text', 2.5]),
  uuid,
};

/** Other numbers give other values. */
const distinct: Readonly<Partial<Record<ValueType, Maker>>> = {
  smallint: (number) => number % 2 ** 15,
  int: (number) => number % 2 ** 31,
  bigint: (number) => BigInt(number),
  decimal: (number, native) => {
    const [, scale = 0] = modifiersOf(native);
    return scale === 0 ? String(number) : `${number}.${'0'.repeat(scale)}`;
  },
  text: (number, native) => (isPadded(native) ? `k${number}`.padEnd(modifiersOf(native)[0] ?? 1) : `k${number}`),
  bytes: (number) => Buffer.from(`k${number}`),
  uuid,
};

const maker = (type: ValueType | undefined, place: string): Maker => {
  if (type === undefined || type === 'array' || type === 'other')
    throw new TypeError(`Nothing is known of the values of ${place}: say them in the option values`);
  return makers[type];
};

const arrayMaker = (column: Column, place: string): Maker => {
  const element = maker(column.element, place);
  const native = column.native.replace(/(\[\])+$/, '');
  return (number) =>
    [[], [null], [element(number, native)], [element(number, native), null, element(0, native)]][number % 4];
};

/** One number in so many is NULL, where there may be one. */
const nullEach = 6;

/** The value that a number stands for in this column; `distinctly`: other numbers stand for other values. */
export const columnValue = (
  relation: Relation,
  column: Column,
  number: number,
  distinctly: boolean,
  given: GivenValues,
): unknown => {
  const place = `${qualifiedName(relation)}.${column.name}`;
  const isKey = relation.key?.includes(relation.columns.indexOf(column)) === true;
  if (column.nullable === true && !isKey && number % nullEach === nullEach - 1) return null;
  const own = given[place] ?? given[column.native];
  if (own !== undefined) return own(number);
  const make =
    (distinctly ? distinct[column.type] : undefined) ??
    (column.type === 'array' ? arrayMaker(column, place) : maker(column.type, place));
  return make(number, column.native);
};

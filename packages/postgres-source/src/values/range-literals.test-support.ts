import fc from 'fast-check';
import type { TypeLiterals } from './literal-arbitraries.test-support.ts';

const ends = (bound: fc.Arbitrary<string>, compare: (a: string, b: string) => number) =>
  fc
    .tuple(fc.option(bound, { nil: '' }), fc.option(bound, { nil: '' }), fc.constantFrom('[)', '(]', '[]', '()'))
    .map(([a, b, brackets]) => {
      const [low, high] = a === '' || b === '' ? [a, b] : [a, b].sort(compare);
      return `${brackets[0]}${low && `"${low}"`},${high && `"${high}"`}${brackets[1]}`;
    });

const byNumber = (a: string, b: string) => (BigInt(a) < BigInt(b) ? -1 : 1);
const byText = (a: string, b: string) => (a < b ? -1 : 1);
const year = fc.integer({ min: 1, max: 9999 }).map((value) => String(value).padStart(4, '0'));

const ranges = (
  kind: string,
  bound: fc.Arbitrary<string>,
  compare: (a: string, b: string) => number,
  more: readonly string[],
): Readonly<Record<string, TypeLiterals>> => {
  const range = ends(bound, compare);
  return {
    [`${kind}range`]: { fixed: ['empty', '(,)', ...more], random: range },
    [`${kind}multirange`]: {
      fixed: ['{}', '{(,)}', ...more.map((one) => `{${one}}`)],
      random: fc.array(range, { maxLength: 4 }).map((list) => `{${list.join(',')}}`),
    },
  };
};

/** Of the range types and those of several ranges. */
export const rangeLiterals: Readonly<Record<string, TypeLiterals>> = {
  ...ranges('int4', fc.integer({ max: 2 ** 31 - 2 }).map(String), byNumber, ['[1,5)']),
  ...ranges('int8', fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map(String), byNumber, ['(,5]']),
  ...ranges('num', fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String), byNumber, [
    '[1.50,)',
    '(NaN,)',
    '[-Infinity,Infinity]',
  ]),
  ...ranges(
    'date',
    year.map((value) => `${value}-02-03`),
    byText,
    ['[infinity,)', '["0044-03-15 BC",2000-01-01)'],
  ),
  ...ranges(
    'ts',
    year.map((value) => `${value}-02-03 04:05:06.7`),
    byText,
    ['[,infinity]'],
  ),
  ...ranges(
    'tstz',
    year.map((value) => `${value}-02-03 04:05:06+00`),
    byText,
    ['["2000-01-01 00:00:00.5+00",)'],
  ),
};

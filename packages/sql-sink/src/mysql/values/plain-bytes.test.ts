import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decimalText } from './number-text.ts';
import { type PlainBytes, plainDate, plainDatetime, plainDecimal, plainTime, plainUuid } from './plain-bytes.ts';
import { dateText, datetimeText, timeText } from './temporal-text.ts';

/** Texts that are values, and what is left of them when something is put in, left out or changed. */
const nearly = (values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(values, fc.nat(40), fc.nat(2), fc.constantFrom('', '0', '9', '-', '.', ':', '+', ' ', 'T', 'e', '\\', "'"))
    .map(([text, at, cut, put]) => `${text.slice(0, at)}${put}${text.slice(at + cut)}`);

const number = fc.stringMatching(/^-?\d{1,20}(\.\d{0,6})?$/);
const date = fc.stringMatching(/^\d{4}-\d\d-\d\d$/);
const clock = fc.stringMatching(/^\d\d:\d\d:\d\d(\.\d{0,7})?$/);
const zone = fc.constantFrom('', '+00', '+01', '-00', 'Z', '+00:00', ' BC');
const moment = fc.tuple(date, clock, zone).map(([day, time, offset]) => `${day} ${time}${offset}`);

const sameAs = (values: fc.Arbitrary<string>, plain: PlainBytes, check: (text: string) => string) => {
  let found = 0;
  const property = fc.property(fc.oneof(values, nearly(values)), (text) => {
    // Whatever stands around it is nothing to it.
    const source = Buffer.from(`7${text}7`, 'latin1');
    const end = plain(source, 1, source.length - 1);
    if (end < 0) return;
    found += 1;
    expect(check(source.toString('latin1', 1, end))).toBe(check(text));
  });
  fc.assert(property, { numRuns: 5_000 });
  expect(found).toBeGreaterThan(100);
};

it.each([
  [18, 0],
  [6, 2],
  [4, 3],
])('numbers of %i digits, %i of them behind the point, are those that the check takes', (precision, scale) => {
  sameAs(number, plainDecimal(precision - scale, scale), decimalText(precision, scale));
});

it.each([0, 3, 6])('moments and times with %i digits behind the second are those that the check takes', (digits) => {
  sameAs(moment, plainDatetime(digits), datetimeText(digits));
  sameAs(clock, plainTime(digits), timeText(digits));
});

it('dates are those that the check takes', () => {
  sameAs(date, plainDate, dateText);
});

it('identifiers are those in small letters', () => {
  sameAs(fc.uuid(), plainUuid, (text) => {
    expect(text).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    return text;
  });
});

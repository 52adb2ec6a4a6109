import { expect, it } from 'vitest';
import { quoteIdentifier, quoteLiteral, quoteQualified } from './identifier.ts';

it('quotes names and texts', () => {
  expect(quoteIdentifier('a`b')).toBe('`a``b`');
  expect(quoteQualified('a.b', 'c')).toBe('`a.b`.`c`');
  expect(quoteLiteral("it's \\ \0 \n")).toBe("'it''s \\\\ \\0 \n'");
});

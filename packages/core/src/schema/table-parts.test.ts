import { expect, test } from 'vitest';
import type { TableStorage } from '../model/table-storage.ts';
import { hasJoined, hasLost } from './table-parts.ts';

const before: TableStorage = { heap: '1', columns: {} };

test('rows that go with a part', () => {
  const withParts = (...ids: readonly string[]) => ({
    ...before,
    parts: Object.fromEntries(ids.map((id) => [id, { heap: '5', hadRows: true }])),
  });
  expect(hasLost(withParts('7 100', '8'), withParts('8'))).toBe(true);
  expect(hasLost(withParts('8'), withParts('8'))).toBe(false);
  expect(hasLost(withParts('8'), before)).toBe(false);
  expect(hasLost(before, withParts('8'))).toBe(false);
  // It was put back with rows: whether a copy has what is left depends on whether there is one.
  expect(hasLost(withParts('7 100'), withParts('7 200'))).toBe(true);
  expect(hasJoined(withParts('7 100'), withParts('7 200'))).toBe(true);
});

import { expect, test } from 'vitest';
import { captures } from './captures.ts';

test('without names everything is captured that is not the server’s own', () => {
  const all = captures([], null);
  expect([all('shop', 'a'), all('other', 'a')]).toEqual([true, true]);
  expect(['mysql', 'sys', 'performance_schema', 'INFORMATION_SCHEMA'].filter((schema) => all(schema, 'a'))).toEqual([]);
});

test('without names a connection with a database captures that', () => {
  const shop = captures([], 'shop');
  expect([shop('shop', 'a'), shop('other', 'a')]).toEqual([true, false]);
});

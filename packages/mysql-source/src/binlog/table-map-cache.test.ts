import { expect, it } from 'vitest';
import { EventReader } from './event-reader.ts';
import { TableMapCache } from './table-map-cache.ts';

const mapOf = (id: number, table: string) => {
  const bytes = Buffer.from([id, 0, 0, 0, 0, 0, 1, 0, 1, 100, 0, 1, ...Buffer.from(table), 0, 1, 3, 0, 0]);
  return new EventReader(bytes, 0, bytes.length);
};

it('gives the same object for the same bytes, until another server writes', () => {
  const cache = new TableMapCache();
  const map = cache.read(mapOf(1, 'a'));
  expect(cache.read(mapOf(1, 'a'))).toBe(map);
  cache.clear(false);
  expect(cache.read(mapOf(1, 'a'))).not.toBe(map);
});

it('the number of another table', () => {
  const cache = new TableMapCache();
  cache.read(mapOf(1, 'a'));
  expect(cache.read(mapOf(1, 'b')).table).toBe('b');
  for (let id = 0; id < 255; id++) cache.read(mapOf(id, 'c'));
  expect(cache.read(mapOf(7, 'c'))).toMatchObject({ tableId: 7, table: 'c' });
});

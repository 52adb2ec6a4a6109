import { expect, it } from 'vitest';
import { capturedTables, createPublications, publicationNames } from './publication.ts';

const items = { name: 'items', create: '', keyed: true };
const history = { name: 'history', create: '', keyed: false };

it('publishes everything of tables with a key', () => {
  expect(createPublications([items])).toEqual(['CREATE PUBLICATION bench FOR TABLE items']);
  expect(publicationNames([items])).toEqual(['bench']);
});

it('publishes only inserts of tables without one', () => {
  expect(createPublications([items, history])[1]).toBe(
    "CREATE PUBLICATION bench_insert FOR TABLE history WITH (publish = 'insert')",
  );
  expect(publicationNames([items, history])).toEqual(['bench', 'bench_insert']);
  expect(capturedTables([items, history])).toEqual(['items', { name: 'history', operations: ['insert'] }]);
});

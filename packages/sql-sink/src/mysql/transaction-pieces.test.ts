import { changeBatch, type SinkBatch } from '@millrace/core';
import { expect, it } from 'vitest';
import { relationOf, type TestTransaction, transaction } from '../testing/changes.ts';
import { EvolutionPlaces, lastSequence, withoutApplied } from './transaction-pieces.ts';

const items = relationOf({ table: 'items', columns: ['id integer!'], key: ['id'] });

const partOf = (...given: readonly TestTransaction[]): SinkBatch => {
  const changes = given.flatMap(({ changes: own }) => own);
  return { ...changeBatch(changes, { position: '0/9' }), checkpoint: null } as unknown as SinkBatch;
};
const numbers = ({ changes }: SinkBatch) =>
  [...changes].map(({ transaction: from, sequence }) => `${from?.id} ${sequence}`);
const rows = (id: string) => transaction(id).insert(items, { id: 1 }).truncate(items).insert(items, { id: 2 });

it('what came before the last piece is left out, of that transaction alone', () => {
  const batch = partOf(rows('a'), rows('b'));
  expect(withoutApplied(batch, null)).toBe(batch);
  expect(withoutApplied(batch, { transaction: 'c', sequence: 9 })).toBe(batch);
  const left = withoutApplied(batch, { transaction: 'a', sequence: 1 });
  expect(numbers(left)).toEqual(['a 2', 'b 0', 'b 1', 'b 2']);
  expect(left.changes.length).toBe(4);
  expect([batch.relations, left.relations]).toEqual([[items], [items]]);
  expect(withoutApplied(partOf(rows('a')), { transaction: 'a', sequence: 2 }).relations).toEqual([]);
  expect(lastSequence(left)).toBe(2);
  expect(lastSequence(withoutApplied(partOf(rows('a')), { transaction: 'a', sequence: 2 }))).toBe(null);
});

it('changes of tables behind one position are told apart, and alike when they come again', () => {
  const [first, again] = [new EvolutionPlaces(), new EvolutionPlaces()];
  const positions = ['0/1', '0/1', '0/2', null];
  const places = positions.map((position) => first.next(position));
  expect(new Set(places).size).toBe(4);
  expect(positions.map((position) => again.next(position))).toEqual(places);
});

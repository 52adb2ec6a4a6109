import { expect, test } from 'vitest';
import type { TableProgress } from '../contracts/checkpoint.ts';
import { asOf, unsureTables, withShapes } from './known-shapes.ts';
import { relationOf } from './relation.test-support.ts';

const now = relationOf(['id int', 'b text']);
const at = (state: TableProgress['state']) => ({
  'public.t': { state, from: '0', ranges: [], through: null, shape: { id: 'int', a: 'text' } },
});
const names = (relations: ReturnType<typeof asOf>) => relations[0]?.columns.map(({ name }) => name);

test.each([
  ['live', ['id', 'a'], []],
  // The copy may have made the target follow already, or a side stream.
  ['catching-up', ['id', 'a'], ['public.t']],
  ['aside', ['id', 'a'], ['public.t']],
  ['pending', ['id', 'b'], ['public.t']],
  ['copying', ['id', 'b'], ['public.t']],
] as const)('a table that is %s: what the checkpoint knows of it, and whether that is sure', (state, known, unsure) => {
  expect(names(asOf(at(state), [now]))).toEqual(known);
  expect([...unsureTables(at(state))]).toEqual(unsure);
});

test('a table of which nothing is known is as it is now', () => {
  expect(asOf({}, [now])).toEqual([now]);
});

test('shapes are kept as they were known first', () => {
  const { shape: _, ...unknown } = at('live')['public.t'];
  const stored = new Map([['public.t', { heap: '1', columns: {} }]]);
  expect(withShapes({ 'public.t': unknown }, [now], stored)['public.t']).toMatchObject({
    shape: { id: 'int', b: 'text' },
    storage: { heap: '1' },
  });
  expect(withShapes(at('live'), [now])).toEqual(at('live'));
});

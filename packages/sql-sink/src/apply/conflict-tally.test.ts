import { expect, it } from 'vitest';
import { ConflictTally } from './conflict-tally.ts';

it('reports each kind of conflict of each table once, with its count, and then starts anew', () => {
  const tally = new ConflictTally();
  const reported: unknown[] = [];
  const report = (event: { readonly code: string; readonly details: object }) =>
    reported.push([event.code, event.details]);
  tally.add('INSERT_CONFLICT', 'public.a');
  tally.clear();
  tally.add('INSERT_CONFLICT', 'public.a');
  tally.add('DELETE_MISSED', 'public.a');
  tally.add('INSERT_CONFLICT', 'public.b');
  tally.add('INSERT_CONFLICT', 'public.a');
  tally.flush(report);
  tally.flush(report);
  expect(reported).toEqual([
    ['INSERT_CONFLICT', { table: 'public.a', count: 2 }],
    ['DELETE_MISSED', { table: 'public.a', count: 1 }],
    ['INSERT_CONFLICT', { table: 'public.b', count: 1 }],
  ]);
});

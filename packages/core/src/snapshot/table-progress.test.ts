import { expect, test } from 'vitest';
import type { RangeProgress, TableProgress } from '../contracts/checkpoint.ts';
import {
  advanced,
  caughtUp,
  copied,
  pendingTables,
  planned,
  startedOver,
  uncopiedTables,
  unfinishedTables,
  withUncapturedFailed,
} from './table-progress.ts';

const compare = (a: string, b: string) => (Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0);
const range = (from: string | null, to: string | null, more: Partial<RangeProgress> = {}): RangeProgress => ({
  table: 't',
  range: { from, to },
  cursor: null,
  done: false,
  rows: 0,
  ...more,
});
const pending: TableProgress = { state: 'pending', from: '5', ranges: [], through: null };
const inState = (state: TableProgress['state'], through: string | null = null): TableProgress => ({
  ...pending,
  state,
  through,
});

test('a table goes from pending through copying and catching up to live', () => {
  const tables = pendingTables(['t'], '5');
  expect(tables).toEqual({ t: pending });
  const copying = planned(pending, [range(null, '3'), range('3', null)]);
  const ahead = advanced(copying, range('3', null, { cursor: '4', rows: 7 }));
  expect(ahead.ranges).toEqual([range(null, '3'), range('3', null, { cursor: '4', rows: 7 })]);
  const catchingUp = copied(ahead, '9');
  expect(catchingUp).toEqual({ state: 'catching-up', from: '5', ranges: [], through: '9' });
  expect(caughtUp({ t: catchingUp }, '9', compare).t?.state).toBe('live');
});

test('a copy that starts over keeps the position that it began from', () => {
  expect(startedOver(planned(pending, [range(null, null, { rows: 3 })]))).toEqual(pending);
});

test('a table is live when everything before its through is in the target, and not before', () => {
  const tables = { a: inState('catching-up', '9'), b: inState('catching-up', '10'), c: inState('copying') };
  const changed = caughtUp(tables, '9', compare);
  expect(unfinishedTables(changed)).toEqual(new Set(['b', 'c']));
  expect(caughtUp(changed, '9', compare)).toBe(changed);
});

test('what is not captured is neither copied nor waited for, and has failed', () => {
  const tables = { a: inState('pending'), b: inState('copying'), c: inState('catching-up', '9'), d: inState('live') };
  expect(uncopiedTables(tables, new Set(['a', 'c', 'd']))).toEqual(['a']);
  const kept = withUncapturedFailed(tables, new Set(['a']));
  expect(Object.values(kept).map(({ state }) => state)).toEqual(['pending', 'failed', 'failed', 'failed']);
  expect(withUncapturedFailed(kept, new Set(['a']))).toBe(kept);
});

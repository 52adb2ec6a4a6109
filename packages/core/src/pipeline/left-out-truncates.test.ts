import { expect, test } from 'vitest';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Operation } from '../model/change.ts';
import { changeBatch } from '../model/change-batch.ts';
import { createChange } from '../model/row-change.ts';
import { relationOf } from '../stream/memory-log.test-support.ts';
import { leaveOutTruncates } from './left-out-truncates.ts';

const change = (op: Operation, table: string) => {
  const transaction = { id: 't', commitTime: 0, position: '1' };
  const parts = { relation: relationOf(table), transaction, sequence: 0, before: null, after: null };
  return createChange({ op, table: `public.${table}`, ...parts });
};
const group = changeBatch([change('truncate', 'users'), change('delete', 'users'), change('truncate', 'orders')], {
  position: '4',
});
const report = (events: ConnectorEvent[]) => (event: ConnectorEvent) => void events.push(event);

test('truncates are left out, and told of', () => {
  const events: ConnectorEvent[] = [];
  const kept = leaveOutTruncates(group, 'ignore', report(events));
  expect(Array.from(kept.changes, ({ op }) => op)).toEqual(['delete']);
  expect(kept.position).toBe('4');
  expect(events.map(({ message }) => message)).toEqual([
    'public.users was truncated: the target keeps its rows',
    'public.orders was truncated: the target keeps its rows',
  ]);
});

test('truncates are applied unless told, and a group without any is the same', () => {
  expect(leaveOutTruncates(group, 'evolve', () => {})).toBe(group);
  const without = changeBatch([change('delete', 'users')], { position: '4' });
  for (const behavior of ['ignore', 'exception'] as const)
    expect(leaveOutTruncates(without, behavior, () => {})).toBe(without);
});

test('truncates stop the stream where the options say so', () => {
  expect(() => leaveOutTruncates(group, 'exception', () => {})).toThrow('public.users has changed');
});

import { expect, test } from 'vitest';
import { changeBatch } from '../model/change-batch.ts';
import { decodedRow } from '../model/decoded-row.ts';
import { createChange } from '../model/row-change.ts';
import { relationOf } from '../stream/memory-log.test-support.ts';
import { LeftOutChanges } from './left-out-changes.ts';

const change = (table: string, id: number, position: number) => {
  const relation = relationOf(table);
  const transaction = { id: `t${position}`, commitTime: 0, position: String(position) };
  const after = decodedRow(relation, { id, value: 0 });
  return createChange({
    op: 'insert',
    table: `public.${table}`,
    relation,
    transaction,
    sequence: 0,
    before: null,
    after,
  });
};
const live = (from: number) => ({ state: 'live', from: String(from), ranges: [], through: null }) as const;
const setup = () => {
  let compared = 0;
  const changes = new LeftOutChanges((a, b) => {
    compared++;
    return Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0;
  });
  return { changes, compared: () => compared };
};
const group = changeBatch([change('users', 1, 2), change('orders', 2, 2), change('users', 3, 3)], { position: '4' });

test('changes of transactions before the copy of their table are left out, those of others stay', () => {
  const { changes } = setup();
  const kept = changes.leaveOut(group, { 'public.users': live(3), 'public.orders': live(0) }, '2');
  expect(Array.from(kept.changes, ({ after }) => after?.id)).toEqual([2, 3]);
  expect([...kept.tables]).toEqual([
    ['public.orders', 1],
    ['public.users', 1],
  ]);
  expect(kept.position).toBe('4');
});

test('parts of a transaction before the copy are left out, and stay its parts', () => {
  const { changes } = setup();
  const transaction = { id: 't2', commitTime: 0, position: '2' };
  const part = changeBatch([change('users', 1, 2)], { position: null, transaction });
  const kept = changes.leaveOut(part, { 'public.users': live(3) }, '2');
  expect(kept).toMatchObject({ position: null, transaction, changes: { length: 0 } });
});

test('of a table that is aside every change is left out, until it is not', () => {
  const { changes } = setup();
  const aside = { ...live(0), state: 'aside' } as const;
  const kept = changes.leaveOut(group, { 'public.users': aside }, '9');
  expect(Array.from(kept.changes, ({ after }) => after?.id)).toEqual([2]);
  expect(changes.leaveOut(group, { 'public.users': live(0) }, '9')).toBe(group);
});

test('a table that gets another start meanwhile is looked at again', () => {
  const { changes } = setup();
  expect(changes.leaveOut(group, { 'public.users': live(0) }, '2')).toBe(group);
  expect(changes.leaveOut(group, { 'public.users': live(4) }, '2').changes).toHaveLength(1);
});

test('once every start lies behind, groups pass and nothing is compared', () => {
  const { changes, compared } = setup();
  const tables = { 'public.users': live(3), 'public.orders': live(0) };
  changes.leaveOut(group, tables, '2');
  expect(changes.leaveOut(group, tables, '3')).toBe(group);
  const before = compared();
  expect(changes.leaveOut(group, tables, '4')).toBe(group);
  expect(compared()).toBe(before);
});

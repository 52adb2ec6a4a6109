import { expect, test } from 'vitest';
import type { Change } from '../model/change.ts';
import { changeBatch } from '../model/change-batch.ts';
import { decodedRow } from '../model/decoded-row.ts';
import { createChange } from '../model/row-change.ts';
import type { RowImage } from '../model/row-image.ts';
import { relationOf } from '../stream/memory-log.test-support.ts';
import { ChangePipeline } from './change-pipeline.ts';
import { cutAtLimit } from './event-limit.ts';
import { capturedOperations, selectedTables } from './table-selection.ts';
import { addedColumns, Transformation } from './transformation.ts';

const transactionOf = (n: number) => ({ id: `t${n}`, commitTime: n, position: String(n) });
const change = (table: string, op: 'insert' | 'delete', id: number, sequence = 0, n = 1): Change => {
  const relation = relationOf(table);
  const row = decodedRow(relation, { id, value: id * 10 });
  const [before, after] = op === 'delete' ? [row, null] : [null, row];
  return createChange({
    op,
    table: `public.${table}`,
    relation,
    transaction: transactionOf(n),
    sequence,
    before,
    after,
  });
};
const selection = (...tables: Parameters<typeof selectedTables>[0][number][]) => selectedTables(tables, 'public');
const none: ReadonlyMap<string, string> = new Map();
const idsOf = (changes: Iterable<Change>) => Array.from(changes, ({ id }) => id);

test('a batch that nothing is left out of passes through untouched', async () => {
  const batch = changeBatch([change('users', 'insert', 1)], { position: '2' });
  expect(await new ChangePipeline(selection(), null).apply(batch)).toBe(batch);
  expect(await new ChangePipeline(selection('public.*'), null).apply(batch)).toBe(batch);
});

test('tables and operations that are not captured are left out; ids and the position stay', async () => {
  const batch = changeBatch(
    [
      change('users', 'insert', 1, 0),
      change('users', 'delete', 1, 1),
      change('orders', 'insert', 2, 2),
      change('users', 'insert', 3, 3),
    ],
    { position: '2' },
  );
  const kept = await new ChangePipeline(selection({ name: 'users', operations: ['insert'] }), null).apply(batch);
  expect(idsOf(kept.changes)).toEqual(['t1/0', 't1/3']);
  expect(kept.position).toBe('2');
  expect([...kept.tables]).toEqual([['public.users', 2]]);
});

test('a transaction of which nothing is left still moves the position', async () => {
  const kept = await new ChangePipeline(selection('users'), null).apply(
    changeBatch([change('orders', 'insert', 1)], { position: '2' }),
  );
  expect(kept).toMatchObject({ position: '2', changes: { length: 0 }, bytes: 0 });
});

test('few survivors are copied out of the buffers they share', async () => {
  const pinned = {
    ...changeBatch(
      [1, 2, 3].map((id) => change(id === 1 ? 'users' : 'orders', 'insert', id)),
      { position: '2' },
    ),
    bytes: 1e6,
  };
  const bytesOf = async (table: string) => (await new ChangePipeline(selection(table), null).apply(pinned)).bytes;
  expect(await bytesOf('users')).toBeLessThan(1_000);
  expect(await bytesOf('orders')).toBe(1e6);
});

const transformed = (transform: (change: Change) => Change | null, columns = {}, asText = false) =>
  new ChangePipeline(selection(), new Transformation(transform, addedColumns(columns), none), asText).apply(
    changeBatch([change('users', 'insert', 1, 0), change('users', 'delete', 2, 1)], { position: '2' }),
  );

test('transform drops, changes and adds declared columns; idempotency keys do not depend on it', async () => {
  const dropped = await transformed((one) => (one.op === 'insert' ? null : one));
  expect(idsOf(dropped.changes)).toEqual(['t1/1']);
  const changed = await transformed(
    (one) => (one.after === null ? one : one.with({ after: { value: 7, name: 'x' } })),
    {
      'public.users': { name: 'text' },
    },
  );
  const [first] = changed.changes;
  expect(first?.after).toEqual({ id: 1, value: 7, name: 'x' });
  expect(first?.relation.columns.map(({ name, native }) => `${name} ${native}`)).toEqual([
    'id integer',
    'value integer',
    'name text',
  ]);
  expect(first?.image.after?.wire).toBe('decoded');
});

test('of what transform returns only the text is kept where nothing else is wanted', async () => {
  const double = (one: Change) => (one.after === null ? one : one.with({ after: { value: 2.5, name: 'x' } }));
  const kept = await transformed(double, { 'public.users': { name: 'text' } }, true);
  expect(idsOf(kept.changes)).toEqual(['t1/0', 't1/1']);
  const [inserted, deleted] = kept.changes;
  expect(inserted?.relation.columns.map(({ name }) => name)).toEqual(['id', 'value', 'name']);
  expect(inserted?.after).toEqual({ id: '1', value: '2.5', name: 'x' });
  expect(deleted?.before).toEqual({ id: '2', value: '20' });
  expect((await transformed(() => null, {}, true)).changes.length).toBe(0);
});

test.each([true, false])('others get their turn while many changes are transformed (as text: %s)', async (asText) => {
  const many = Array.from({ length: 1_000 }, (_, id) => change('users', 'insert', id));
  let transformedSoFar = 0;
  const count = (one: Change) => {
    transformedSoFar += 1;
    return one;
  };
  const pipeline = new ChangePipeline(selection(), new Transformation(count, new Map(), none), asText);
  const all = pipeline.apply(changeBatch(many, { position: '2' }));
  await new Promise(setImmediate);
  expect(transformedSoFar).toBeLessThan(many.length);
  expect((await all).changes.length).toBe(many.length);
});

test.each<[string, (change: Change) => unknown]>([
  ['changed the key column id', (one) => (one.after === null ? one : one.with({ after: { id: 5 } }))],
  ['undeclared columns: other', (one) => (one.after === null ? one : one.with({ after: { other: 5 } }))],
  ['returned a promise', async (one) => one],
  ['must return', (one) => ({ ...one, after: {} })],
  ['must return', () => undefined],
  [
    'threw',
    () => {
      throw new Error('mine');
    },
  ],
])('a transform that %s is an error', async (message, transform) => {
  await expect(transformed(transform as never)).rejects.toThrowError(message);
});

test('the event limit never cuts a transaction, and its position excludes the next', () => {
  const changes = [
    change('users', 'insert', 1, 0, 5),
    change('users', 'insert', 2, 1, 5),
    change('users', 'insert', 3, 0, 7),
  ];
  const group = changeBatch(changes, { position: '9' });
  expect(cutAtLimit(group, 1, null)).toMatchObject({ position: '7', changes: { length: 2 } });
  expect(cutAtLimit(group, 2, null)).toMatchObject({ position: '7', changes: { length: 2 } });
  expect(cutAtLimit(group, 3, null)).toBe(group);
  expect(cutAtLimit(group, 0, 't4')).toMatchObject({ position: '5', changes: { length: 0 } });
  expect(cutAtLimit(group, 0, 't5')).toMatchObject({ position: '7', changes: { length: 2 } });
});

test("a table's own entry says everything about it; patterns stand for any characters", () => {
  const tables = selection('public.user*', 'audit.*', { name: 'public.user_log', operations: ['insert'] });
  const captured = (table: string) => [...(capturedOperations(tables, table) ?? [])];
  expect(captured('public.users')).toEqual(['insert', 'update', 'delete', 'truncate']);
  expect(captured('public.user_log')).toEqual(['insert']);
  expect(captured('audit.x.y')).toHaveLength(4);
  expect(captured('public.orders')).toEqual([]);
  expect(captured('publicXusers')).toEqual([]);
});

test('values that transform does not touch keep their exact text', () => {
  const relation = {
    ...relationOf('users'),
    columns: [
      ...relationOf('users').columns,
      { name: 'doc', type: 'json', native: 'json', nullable: true, generated: false },
    ],
  } as const;
  const exact = '{"n":  12345678901234567890}';
  const wire = { ...decodedRow(relation, { id: 1, value: 2, doc: null }), relation, wire: 'text' as const };
  const row: RowImage = {
    ...wire,
    state: (column) => (column < 3 ? 'value' : 'absent'),
    text: (column) => ['1', '2', exact][column] ?? null,
    value: (column) => [1, 2, JSON.parse(exact)][column],
    bytes: () => null,
    toObject: () => ({ id: 1, value: 2, doc: JSON.parse(exact) }),
    keep: () => row,
    byteLength: 10,
  };
  const original = createChange({
    op: 'insert',
    table: 'public.users',
    relation,
    transaction: transactionOf(1),
    sequence: 0,
    before: null,
    after: row,
  });
  const touch = (one: Change) => one.with({ after: { value: 5 } });
  const transformation = new Transformation(touch, addedColumns({ 'public.users': { extra: 'text' } }), none);
  const after = transformation.apply(original)?.image.after;
  expect([0, 1, 2, 3].map((column) => after?.text(column))).toEqual(['1', '5', exact, null]);
  expect(after?.state(3)).toBe('absent');
  expect(after?.keep().text(2)).toBe(exact);
});

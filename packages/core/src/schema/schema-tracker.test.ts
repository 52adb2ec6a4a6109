import { expect, test } from 'vitest';
import { changeBatch } from '../model/change-batch.ts';
import type { Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import { relationOf } from './relation.test-support.ts';
import { SchemaTracker } from './schema-tracker.ts';

const transaction = { id: '1', commitTime: 0, position: '1' };
const batchOf = (...relations: readonly Relation[]) =>
  changeBatch(
    relations.map((relation, sequence) =>
      createChange({ op: 'truncate', table: 'public.t', relation, transaction, sequence, before: null, after: null }),
    ),
    { position: '2' },
  );
const progress = (shape?: Readonly<Record<string, string>>) => ({
  'public.t': {
    state: 'live' as const,
    from: '0',
    ranges: [],
    through: null,
    ...(shape === undefined ? {} : { shape }),
  },
});

test('a table that differs from the checkpoint, and later from itself, has changed once each', () => {
  const tracker = new SchemaTracker(progress({ id: 'int' }), () => true);
  const two = relationOf(['id int', 'b int']);
  expect(tracker.observe(batchOf(two))).toMatchObject([
    { relation: two, columns: [{ kind: 'add-column' }], certain: false, rewritesRows: true, transaction },
  ]);
  expect(tracker.observe(batchOf(two))).toEqual([]);
  // Said again, with nothing new.
  expect(tracker.observe(batchOf(relationOf(['id int', 'b int'])))).toEqual([]);
  expect(tracker.observe(batchOf(relationOf(['id int'])))).toMatchObject([
    { columns: [{ kind: 'drop-column', name: 'b' }], rewritesRows: false },
  ]);
});

test('the first shape of a table that nobody knew is no change', () => {
  const tracker = new SchemaTracker(progress(), () => true);
  expect(tracker.observe(batchOf(relationOf(['id int'])))).toEqual([]);
  expect(tracker.observe(batchOf(relationOf(['id bigint'])))).toHaveLength(1);
});

test('tables that are not captured are passed over', () => {
  const tracker = new SchemaTracker(progress({ id: 'int' }), () => false);
  expect(tracker.observe(batchOf(relationOf(['id bigint'])))).toEqual([]);
});

test('what the source says itself is not said again', () => {
  const tracker = new SchemaTracker(progress({ id: 'int' }), () => true);
  const relation = relationOf(['id int', 'b int']);
  const [, column] = relation.columns;
  if (column === undefined) throw new Error('no column');
  const said = {
    relation,
    columns: [{ kind: 'rename-column' as const, name: 'b', from: 'a' }],
    transaction,
    statement: null,
    certain: true,
    rewritesRows: false,
  };
  expect(tracker.observe({ ...batchOf(relation), schemaChanges: [said] })).toEqual([said]);
  expect(tracker.observe(batchOf(relation))).toEqual([]);
});

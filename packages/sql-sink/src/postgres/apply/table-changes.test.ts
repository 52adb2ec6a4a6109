import { changeBatch, type Relation } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { RowReader } from '../../apply/row-reader.ts';
import { TableChanges } from '../../apply/table-changes.ts';
import { relationOf, type TestTransaction, transaction } from '../../testing/changes.ts';
import { planOf, targetOf } from '../testing/plan-of.ts';

const items = relationOf({ table: 'items', columns: ['id integer!', 'note text'], key: ['id'] });
const pairs = relationOf({ table: 'pairs', columns: ['a text!', 'b text!', 'n integer'], key: ['a', 'b'] });

/** The steps of a transaction, with what each writes. */
const stepsOf = ({ changes }: TestTransaction, relation: Relation, plan = planOf(relation)) => {
  const reader = new RowReader(changeBatch(changes, { position: '0/1' }).changes);
  const table = new TableChanges(plan, reader);
  for (const [change, { op }] of changes.entries()) {
    if (op === 'update' || op === 'delete') table[op](change);
    else table.insert(change);
  }
  return table.steps.map((step) => {
    if (step.kind === 'inserts') return { inserts: step.changes };
    return step.kind === 'single' ? { single: step.change } : { wire: step.wire, ...step.fold.result() };
  });
};

const nothing = { wire: 'text', deleted: [], vanished: [], updated: [], inserted: [] };

describe('TableChanges', () => {
  it('inserts alone are one step, whatever their keys are', () => {
    const inserts = transaction().insert(items, { id: 1, note: 'a' }).insert(items, { id: 1, note: 'b' });
    expect(stepsOf(inserts, items)).toEqual([{ inserts: [0, 1] }]);
  });

  it('changes of many keys are one fold, together with the inserts before them', () => {
    const changes = transaction()
      .insert(items, { id: 1, note: 'a' })
      .insert(items, { id: 2, note: 'a' })
      .update(items, { id: 1, note: 'b' })
      .update(items, { id: 3, note: 'b' })
      .delete(items, { id: 2 })
      .delete(items, { id: 4 })
      .insert(items, { id: 4, note: 'c' });
    const folded = { deleted: [5], vanished: [4], updated: [3], inserted: [2, 6] };
    expect(stepsOf(changes, items)).toEqual([{ wire: 'text', ...folded }]);
  });

  it('an update of the key stands by itself between what comes before and after', () => {
    const changes = transaction()
      .update(items, { id: 1, note: 'a' })
      .update(items, { id: 2, note: 'b' }, { id: 1 })
      .update(items, { id: 2, note: 'c' });
    expect(stepsOf(changes, items)).toEqual([
      { ...nothing, updated: [0] },
      { single: 1 },
      { ...nothing, updated: [2] },
    ]);
  });

  it('an old row with the same key is an update as any other', () => {
    const update = transaction().update(items, { id: 1, note: 'b' }, { id: 1, note: 'a' });
    expect(stepsOf(update, items)).toEqual([{ ...nothing, updated: [0] }]);
  });

  it('what does not follow begins a fold of its own', () => {
    const changes = transaction()
      .delete(items, { id: 1 })
      .update(items, { id: 1, note: 'a' })
      .insert(items, { id: 1, note: 'b' })
      .delete(items, { id: 2 });
    expect(stepsOf(changes, items)).toEqual([
      { ...nothing, deleted: [0] },
      { ...nothing, updated: [1] },
      { ...nothing, deleted: [3], inserted: [2] },
    ]);
  });

  it('inserts of one key twice stay before what follows them', () => {
    const changes = transaction()
      .insert(items, { id: 1, note: 'a' })
      .insert(items, { id: 1, note: 'b' })
      .delete(items, { id: 1 });
    expect(stepsOf(changes, items)).toEqual([{ inserts: [0, 1] }, { ...nothing, deleted: [2] }]);
  });

  it('keys of several columns are equal only column by column', () => {
    const changes = transaction()
      .update(pairs, { a: '1', b: '1:1', n: 1 })
      .update(pairs, { a: '11', b: ':1', n: 2 })
      .update(pairs, { a: '', b: '11:1', n: 3 })
      .update(pairs, { a: '1', b: '1:1', n: 4 });
    expect(stepsOf(changes, pairs)).toEqual([{ ...nothing, updated: [3, 1, 2] }]);
  });

  it('rows that the log does not identify by a key stand by themselves, but for inserts', () => {
    const keyless = relationOf({ table: 'items', columns: ['id integer!', 'note text'] });
    const changes = transaction()
      .insert(keyless, { id: 1, note: 'a' })
      .update(keyless, { id: 1, note: 'b' }, { id: 1, note: 'a' })
      .delete(keyless, { id: 1, note: 'b' })
      .insert(keyless, { id: 2, note: 'a' })
      .insert(keyless, { id: 3, note: 'a' });
    expect(stepsOf(changes, keyless)).toEqual([{ inserts: [0] }, { single: 1 }, { single: 2 }, { inserts: [3, 4] }]);
  });

  it('keys that say nothing at the target are not folded by', () => {
    const target = targetOf(items);
    const columns = target.columns.map((column) => ({ ...column, deterministic: false, type: 'text' }));
    const changes = transaction().update(items, { id: 1, note: 'b' }).delete(items, { id: 1 });
    expect(stepsOf(changes, items, planOf(items, { ...target, columns }))).toEqual([{ single: 0 }, { single: 1 }]);
  });

  it('updates of a table with a column that cannot be set stand by themselves', () => {
    const target = targetOf(items);
    const columns = target.columns.map((column, at) => (at === 0 ? { ...column, identity: 'a' as const } : column));
    const changes = transaction().delete(items, { id: 1 }).update(items, { id: 2, note: 'b' }).delete(items, { id: 3 });
    expect(stepsOf(changes, items, planOf(items, { ...target, columns }))).toEqual([
      { ...nothing, deleted: [0] },
      { single: 1 },
      { ...nothing, deleted: [2] },
    ]);
  });

  it('an update that leaves out its key stands by itself', () => {
    const update = transaction().update(items, { note: 'b' }, { id: 1 });
    expect(stepsOf(update, items)).toEqual([{ single: 0 }]);
  });
});

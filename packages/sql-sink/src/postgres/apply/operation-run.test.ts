import type { Change } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { relationOf, transaction } from '../testing/changes.ts';
import { planOf, targetOf } from '../testing/plan-of.ts';
import { OperationRun } from './operation-run.ts';
import { type RowOperation, rowOperation } from './row-operation.ts';

const items = relationOf({ table: 'items', columns: ['id int4!', 'a text'], key: ['id'] });
const plan = planOf(items);
const operations = ({ changes }: { readonly changes: readonly Change[] }, by = plan) =>
  changes.map((change) => rowOperation(by, change));

const runOf = (made: readonly RowOperation[]): OperationRun => {
  const [first, ...rest] = made;
  if (first === undefined || !OperationRun.canStart(first)) throw new Error('cannot start');
  const run = new OperationRun(first);
  for (const operation of rest) if (operation.kind !== 'update' && run.accepts(operation)) run.add(operation);
  return run;
};
const sqlOf = (run: OperationRun): readonly unknown[] => {
  const added: unknown[] = [];
  run.addTo({ addCounted: (...statement) => added.push(statement) });
  return added;
};

describe('consecutive changes of one shape', () => {
  it('become one insert of several rows', () => {
    const run = runOf(operations(transaction().insert(items, { id: 1, a: "it's" }).insert(items, { id: 2, a: null })));
    expect(sqlOf(run)).toEqual([[`INSERT INTO "public"."items" ("id", "a") VALUES ('1', 'it''s'), ('2', NULL)`, 2]]);
    expect(run.single).toBeNull();
  });

  it('become one delete by a key of one column', () => {
    const run = runOf(operations(transaction().delete(items, { id: 1 }).delete(items, { id: 2 })));
    expect(sqlOf(run)).toEqual([[`DELETE FROM ONLY "public"."items" WHERE "id" IN ('1', '2')`, 2]]);
  });

  it('end where kind, table or columns change', () => {
    const [insert, partial, update, remove] = operations(
      transaction()
        .insert(items, { id: 1, a: 'x' })
        .insert(items, { id: 2 })
        .update(items, { id: 1, a: 'y' })
        .delete(items, { id: 1 }),
    );
    const [elsewhere] = operations(transaction().insert(items, { id: 1, a: 'x' }), planOf(items));
    const run = runOf(insert === undefined ? [] : [insert]);
    for (const other of [partial, update, remove, elsewhere]) expect(other && run.accepts(other)).toBe(false);
    expect(update && OperationRun.canStart(update)).toBe(false);
    expect(run.single?.constants).toBe("'1', 'x'");
  });

  it('do not become one delete where IN would not find them', () => {
    const target = targetOf(items, { uniqueIndexes: [[{ name: 'id', equals: 'OPERATOR(ci.=)' }]] });
    const [remove] = operations(transaction().delete(items, { id: 1 }), planOf(items, target));
    expect(remove && OperationRun.canStart(remove)).toBe(false);
  });
});

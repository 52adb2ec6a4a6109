import { expect, it } from 'vitest';
import { encode } from '../../../packages/postgres-source/src/pgoutput/message-encoder.test-support.ts';
import { RowReader } from '../../../packages/sql-sink/src/apply/row-reader.ts';
import { TableChanges } from '../../../packages/sql-sink/src/apply/table-changes.ts';
import { planOf } from '../../../packages/sql-sink/src/postgres/testing/plan-of.ts';
import { int4, wireBatch, wireItems } from './wire-batch.ts';

const { oid } = wireItems;
const [a, b] = [Buffer.from('a'), Buffer.from('b')];
const nothing = { deleted: [], vanished: [], updated: [], inserted: [] };

/** The steps that the messages come to. */
const stepsOf = (messages: readonly Buffer[]) => {
  const { changes, relations } = wireBatch(messages);
  const [relation] = relations;
  if (relation === undefined) throw new Error('no relation');
  const table = new TableChanges(planOf(relation), new RowReader(changes));
  let change = 0;
  for (const { op } of changes) {
    if (op === 'update' || op === 'delete') table[op](change++);
    else table.insert(change++);
  }
  return table.steps.map((step) => {
    if (step.kind === 'inserts') return { inserts: step.changes };
    return step.kind === 'single' ? { single: step.change } : { wire: step.wire, ...step.fold.result() };
  });
};

it('keys of one form are never folded with those of the other', () => {
  const messages = [
    encode.update(oid, ['1', 'a', 'a']),
    encode.update(oid, [int4(1), a, a]),
    encode.delete(oid, 'K', [int4(2), null, null]),
    encode.insert(oid, ['2', 'b', 'b']),
    encode.update(oid, [int4(2), b, b]),
  ];
  expect(stepsOf(messages)).toEqual([
    { ...nothing, wire: 'text', updated: [0] },
    { ...nothing, wire: 'binary', updated: [1], deleted: [2] },
    { inserts: [3] },
    { ...nothing, wire: 'binary', updated: [4] },
  ]);
});

it('inserts of both forms are one step, until another change needs their keys', () => {
  const inserts = [encode.insert(oid, ['1', 'a', 'a']), encode.insert(oid, [int4(2), a, a])];
  expect(stepsOf(inserts)).toEqual([{ inserts: [0, 1] }]);
  expect(stepsOf([...inserts, encode.delete(oid, 'K', [int4(2), null, null])])).toEqual([
    { inserts: [0, 1] },
    { ...nothing, wire: 'binary', deleted: [2] },
  ]);
});

it('an update of the key is known by its bytes: the old key in the other form is another key', () => {
  const old = { kind: 'K', row: ['1', null, null] } as const;
  expect(stepsOf([encode.update(oid, [int4(1), a, a], old)])).toEqual([{ single: 0 }]);
  expect(stepsOf([encode.update(oid, ['1', 'a', 'a'], old)])).toEqual([{ ...nothing, wire: 'text', updated: [0] }]);
});

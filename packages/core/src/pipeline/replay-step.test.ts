import { expect, it } from 'vitest';
import { decodedRow } from '../model/decoded-row.ts';
import type { Relation } from '../model/relation.ts';
import { type ChangeParts, createChange } from '../model/row-change.ts';
import { relationOf } from '../stream/memory-log.test-support.ts';
import { replayStep } from './replay-step.ts';

const relation: Relation = { ...relationOf('t'), key: [0] };
const step = (op: ChangeParts['op'], before: object | null, after: object | null, isOutdated = false) => {
  const row = (values: object | null) => (values === null ? null : decodedRow(relation, { ...values }));
  const outdated: ReadonlySet<Relation> = new Set(isOutdated ? [relation] : []);
  const parts = { op, table: 'public.t', relation, transaction: null, sequence: 0 };
  const { kind, ...rest } = replayStep(createChange({ ...parts, before: row(before), after: row(after) }), {
    outdated,
  });
  return 'former' in rest ? [kind, rest.former?.text(0) ?? null] : [kind];
};

it('writes what says the whole row, and asks for what an update left out', () => {
  expect(step('update', null, { id: 1, value: 2 })).toEqual(['upsert', null]);
  expect(step('update', null, { id: 1 })).toEqual(['set', null]);
});

it('takes an insert for the whole row, whatever it says', () => {
  expect(step('insert', null, { id: 1 })).toEqual(['upsert', null]);
});

it('deletes what stands under the former key', () => {
  expect(step('update', { id: 1 }, { id: 2, value: 3 })).toEqual(['upsert', '1']);
  expect(step('update', { id: 1 }, { id: 2 })).toEqual(['set', '1']);
  expect(step('update', { id: 2, value: 1 }, { id: 2, value: 3 })).toEqual(['upsert', null]);
});

it('reads rows again that were copied with another shape, and deletes without looking', () => {
  expect(step('insert', null, { id: 1, value: 2 }, true)).toEqual(['reselect', null]);
  expect(step('delete', { id: 1 }, null, true)).toEqual(['delete']);
  expect(step('truncate', null, null)).toEqual(['delete-all']);
});

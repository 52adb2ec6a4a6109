import assert from 'node:assert/strict';
import { qualifiedName } from '@millrace/core';
import { items, wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { patience, within } from '../within.ts';
import { expectedRows } from './expected-rows.ts';
import { insert } from './row-cases.ts';
import type { SinkSubject } from './sink-subject.ts';

const { signal } = new AbortController();

export const targetCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'plans what a start runs, and runs nothing of it',
    promised: ['rule 3'],
    skip: ({ sample }) => (sample.plan === undefined ? 'it makes nothing at its target' : null),
    bareOnly: true,
    async run(subject) {
      const stream = subject.stream();
      const planned = () => subject.sample.plan?.(stream.context(null, signal));
      const plan = await planned();
      assert.ok(plan?.statements.every(({ kind, sql }) => kind !== '' && sql !== ''));
      assert.deepEqual(await planned(), plan, 'what was planned is run');
      await stream.begin();
      assert.deepEqual(await planned(), { statements: [] }, 'a start has left something undone');
      await stream.deliver([wholeTransactions(1, [[insert(1)]])]);
      await subject.expectRows(expectedRows([[insert(1)]]), 'rows at a target that was planned');
    },
  },
  {
    name: 'settles when nothing is being made of live tables, and at once when it is aborted',
    promised: ['rule 1', 'rule 19'],
    skip: ({ sample }) => (sample.settle === undefined ? 'it makes nothing beside its stream' : null),
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      await stream.deliver([wholeTransactions(1, [[insert(1)]])]);
      await stream.sink.prepare?.([items], 'handover', signal);
      const { settle } = stream.sink;
      await within(patience, '`settle`', Promise.resolve(settle?.call(stream.sink, signal)));
      const aborted = AbortSignal.abort(new Error('aborted'));
      await within(1_000, '`settle` that was aborted', Promise.allSettled([settle?.call(stream.sink, aborted)]));
      await stream.deliver([wholeTransactions(2, [[insert(2)]])]);
      await subject.expectRows(expectedRows([[insert(1), insert(2)]]), 'rows of a table that is live');
    },
  },
  {
    name: 'says how each table may be copied',
    promised: ['rule 16'],
    skip: ({ sample }) => (sample.copies === undefined ? 'its tables are copied as their source can' : null),
    bareOnly: true,
    async run({ sample, world }) {
      for (const relation of [items, ...(world.relations ?? [])]) {
        const form = sample.copies?.(qualifiedName(relation)) ?? '';
        assert.ok(['convergent', 'exact', 'once'].includes(form), `"${form}" is no way to copy`);
      }
    },
  },
];

import type { Relation, TableEvolution } from '@millrace/core';
import { items, type Written, wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { expectedRows } from './expected-rows.ts';
import { insert } from './row-cases.ts';
import type { SinkSubject } from './sink-subject.ts';

const followsNothing = ({ sample }: SinkSubject) =>
  sample.capabilities.schemaChanges ? null : 'it carries out no changes of columns';

const [id, note, amount] = items.columns;
const text = (name: string): Relation['columns'][number] => ({
  name,
  type: 'text',
  native: 'text',
  nullable: true,
  generated: false,
});
const shaped = (version: number, columns: readonly (Relation['columns'][number] | undefined)[]): Relation => ({
  ...items,
  version,
  columns: columns.filter((column) => column !== undefined),
});

const wider = shaped(2, [id, note, amount, text('extra')]);
const added: TableEvolution = {
  relation: wider,
  steps: [{ kind: 'add-column', column: text('extra'), fill: 'filled', otherwise: 'fail' }],
};
const other = shaped(3, [id, text('remark'), text('extra')]);
const changed: TableEvolution = {
  relation: other,
  steps: [
    { kind: 'rename-column', name: 'remark', from: 'note', otherwise: 'fail' },
    { kind: 'drop-column', name: 'amount', otherwise: 'fail' },
  ],
};

const wide = (number: number, extra: string | null): Written => ({
  op: 'insert',
  relation: wider,
  after: { id: number, note: 'wide', amount: 1n, extra },
});

export const evolutionCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'changes columns before the rows that come with it',
    promised: ['rule 18'],
    skip: followsNothing,
    async run(subject) {
      const stream = await subject.begun();
      await stream.deliver([wholeTransactions(1, [[insert(1), insert(2)]])]);
      const batch = wholeTransactions(2, [[wide(3, 'new'), wide(4, null)]]);
      await stream.deliver([{ ...batch, evolutions: [added] }]);
      const filled = [1, 2].map((number): Written => {
        const values = { id: number, note: `note ${number}`, amount: number, extra: 'filled' };
        return { op: 'insert', relation: wider, after: values };
      });
      const rows = [...filled, wide(3, 'new'), wide(4, null)];
      await subject.expectRows(expectedRows([rows], wider), 'rows of more columns', wider);
      // What is done already is passed over.
      await stream.deliver([{ ...wholeTransactions(3, [[wide(5, 'more')]]), evolutions: [added] }]);
      await subject.expectRows(expectedRows([[...rows, wide(5, 'more')]], wider), 'rows of more columns', wider);
    },
  },
  {
    name: 'changes columns between two writes',
    promised: ['rule 18'],
    skip: followsNothing,
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      await stream.deliver([{ ...wholeTransactions(1, [[wide(1, 'new')]]), evolutions: [added] }]);
      for (let twice = 0; twice < 2; twice++) await stream.sink.evolve?.([changed], new AbortController().signal);
      const before: Written = { op: 'insert', relation: other, after: { id: 1, remark: 'wide', extra: 'new' } };
      const behind: Written = { op: 'insert', relation: other, after: { id: 2, remark: 'other', extra: null } };
      await stream.deliver([wholeTransactions(2, [[behind]])]);
      await subject.expectRows(expectedRows([[before, behind]], other), 'rows of other columns', other);
    },
  },
];

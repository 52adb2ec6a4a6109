import assert from 'node:assert/strict';
import type { ChangeBatch, Relation } from '@millrace/core';
import type { ConformanceCase } from '../conformance-case.ts';
import { type ReadChange, supports, texts } from './origin-changes.ts';
import type { SourceSubject } from './source-subject.ts';
import type { OriginChange, OriginRow, SourceWorld } from './source-world.ts';

const lacks =
  (...operations: readonly ('update' | 'delete' | 'truncate')[]) =>
  ({ world: { table } }: SourceSubject) => {
    const lacking = operations.filter((operation) => !supports(table, operation));
    return lacking.length === 0 ? null : `its log has no ${lacking.join(' and no ')}`;
  };

export const insert = (id: number, note: string | null = `note ${id}`, count: number | null = id): OriginChange => ({
  op: 'insert',
  row: { id, note, count },
});
export const inserts = (from: number, count: number): readonly OriginChange[] =>
  Array.from({ length: count }, (_, n) => insert(from + n));
export const update = (id: number, row: Partial<OriginRow>): OriginChange => ({
  op: 'update',
  id,
  row: { id, ...row },
});
export const remove = (id: number): OriginChange => ({ op: 'delete', id });

/** What a log says of a change, as far as every log says it. */
const said = ({ op, row, former }: ReadChange) => {
  if (op === 'update') return { op, id: row?.id, values: row };
  return op === 'delete' ? { op, id: former } : { op, row };
};

const expected = (change: OriginChange, table: SourceWorld['table']) => {
  const { op } = change;
  if (op === 'update') return { op, id: String(change.row.id), values: texts(change.row, table) };
  if (op === 'delete') return { op, id: String(change.id) };
  return { op, row: op === 'insert' ? texts(change.row, table) : null };
};

/** That the changes are those of these transactions, each in one piece. */
const sameTransactions = (
  changes: readonly ReadChange[],
  transactions: readonly (readonly OriginChange[])[],
  table: SourceWorld['table'],
) => {
  const written = transactions.flatMap((one, number) => one.map((change) => ({ change, number })));
  const found = changes.map((change, n) => {
    const wanted = written[n]?.change;
    const one = said(change);
    // An update says what was not set, too, where the log has whole rows.
    if (wanted?.op !== 'update' || !('values' in one)) return one;
    const values = Object.entries(one.values ?? {}).filter(([name]) => name in texts(wanted.row, table));
    return { ...one, values: Object.fromEntries(values) };
  });
  assert.deepEqual(
    found,
    written.map(({ change }) => expected(change, table)),
  );
  const ids = written.map(({ number }, n) => [changes[n]?.transaction, number] as const);
  const byId = new Map(ids);
  assert.equal(byId.size, transactions.length, 'Transactions of the origin are mixed or torn');
  for (const [id, number] of ids) assert.equal(byId.get(id), number, 'Transactions of the origin are mixed');
};

const workload: readonly (readonly OriginChange[])[] = [
  [insert(1), insert(2)],
  [insert(3)],
  [update(1, { note: 'a', count: 10 }), remove(2), insert(2, 'again', 20)],
  inserts(10, 40),
  [update(3, { note: 'b', count: 30 })],
  [remove(10), remove(11), insert(100)],
  [{ op: 'truncate' }],
  [insert(300, 'last', 1)],
];

const namesOf = ({ columns }: Relation) => columns.map(({ name }) => name);

const sizeOf = (transactions: readonly (readonly OriginChange[])[]) => transactions.flat().length;

export const logCases: readonly ConformanceCase<SourceSubject>[] = [
  {
    name: 'delivers every transaction in commit order, whole and once',
    promised: ['rule 26', 'rule 5', 'rule 6', 'rule 27', 'invariant 3', 'invariant 4'],
    async run(subject) {
      const stream = await subject.started();
      const first = await subject.write(workload);
      await stream.read(sizeOf(first));
      sameTransactions(stream.changes, first, subject.world.table);
      const rest = await subject.write([[insert(200), insert(201)], [insert(202)]]);
      await stream.read(sizeOf(first) + sizeOf(rest));
      sameTransactions(stream.changes, [...first, ...rest], subject.world.table);
    },
  },
  {
    name: 'delivers a large transaction as one',
    promised: ['rule 5', 'invariant 4'],
    async run(subject) {
      const stream = await subject.started();
      const transactions = await subject.write([[insert(1)], inserts(10, 12_000), [insert(2)]]);
      await stream.read(sizeOf(transactions));
      sameTransactions(stream.changes, transactions, subject.world.table);
    },
  },
  {
    name: 'continues strictly after any position that was not acknowledged, with the same ids',
    promised: ['rule 26', 'rule 8', 'rule 29', 'invariant 1', 'invariant 3'],
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started({ acknowledges: false });
      const start = stream.position ?? '';
      for (const transaction of workload) {
        const done = await subject.write([transaction]);
        await stream.read(stream.changes.length + sizeOf(done));
      }
      const changes = [...stream.changes];
      const positions = [{ position: start, count: 0 }, ...stream.positions].filter(
        ({ count }) => count < changes.length,
      );
      for (const { position, count } of [...positions].reverse()) {
        await stream.continue(position);
        await stream.read(changes.length - count);
        assert.deepEqual(stream.changes, changes.slice(count), `changes after ${position}`);
      }
    },
  },
  {
    name: 'does not skip what it cannot reach any more',
    promised: ['rule 26', 'invariant 3'],
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started();
      const start = stream.position ?? '';
      await subject.write([[insert(1)], [insert(2)]]);
      await stream.read(2);
      const [first] = stream.changes;
      await stream.continue(start);
      const outcome = await stream.read(1).then(
        () => null,
        (error: unknown) => error,
      );
      // A log that still has it may deliver it.
      if (outcome === null) assert.equal(stream.changes[0]?.id, first?.id, 'changes were skipped without a word');
      else {
        assert.ok(outcome instanceof Error && !(outcome instanceof assert.AssertionError), String(outcome));
        // Otherwise the stream would try again for ever.
        assert.equal('recovery' in outcome ? outcome.recovery : 'retry', 'recover', `its recovery: ${outcome.message}`);
      }
    },
  },
  {
    name: 'says values exactly',
    promised: ['rule 34', 'invariant 5'],
    bareOnly: true,
    async run(subject) {
      const notes = [
        '',
        null,
        'NULL',
        '\\N',
        `it's "quoted", \\ and \`ticked\``,
        'a\tb\nc\r\nd',
        'ä €\u{1f600} é',
        '  spaces  ',
      ];
      const stream = await subject.started();
      const transactions = await subject.write([notes.map((note, n) => insert(n, note, n % 2 === 0 ? null : -n))]);
      await stream.read(notes.length);
      sameTransactions(stream.changes, transactions, subject.world.table);
    },
  },
  {
    name: 'says of an update what was set, and tells what it leaves out from NULL',
    promised: ['rule 34', 'invariant 5'],
    skip: (subject) =>
      lacks('update')(subject) ??
      (subject.world.table.columns.count === undefined ? 'its table has no third column' : null),
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started();
      const large = Array.from({ length: 4_000 }, (_, n) => Math.sin(n).toString(36)).join('');
      await subject.write([[insert(1, large, 1)], [update(1, { count: 2 })], [update(1, { note: null })]]);
      await stream.read(3);
      const [, second, third] = stream.changes.map(({ row }) => row);
      assert.equal(second?.count, '2');
      assert.ok(second !== undefined && second !== null);
      if ('note' in second) assert.equal(second.note, large, 'a value that was not set has changed');
      assert.ok(third !== undefined && third !== null);
      // A log may say no more than what was set.
      const count = 'count' in third ? { count: '2' } : {};
      assert.deepEqual(third, { id: '1', note: null, ...count });
    },
  },
  {
    name: 'says the key that a row had before',
    promised: ['rule 34'],
    skip: lacks('update'),
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started();
      await subject.write([
        [insert(1), insert(2)],
        [update(1, { id: 9 }), update(2, { note: 'same key' })],
      ]);
      await stream.read(4);
      const [, , moved, same] = stream.changes;
      assert.deepEqual([moved?.former, moved?.row?.id], ['1', '9']);
      assert.ok(same?.former === null || same?.former === '2');
    },
  },
  {
    name: 'decodes a row by the columns that its table had then',
    promised: ['rule 34', 'invariant 6'],
    skip: ({ world }) => (world.addColumn === undefined ? 'the columns of its tables cannot change' : null),
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started();
      const before = namesOf(await subject.relation(stream));
      await subject.write([[insert(1)]]);
      await subject.world.addColumn?.('added');
      await subject.write([[insert(2)]]);
      const batches = await stream.iterate(new AbortController().signal);
      const columns: string[][] = [];
      while (columns.length < 2) {
        const { value }: IteratorResult<ChangeBatch, undefined> = await batches.next();
        for (const { relation, image } of value?.changes ?? []) {
          assert.equal(image.after?.relation, relation);
          columns.push(namesOf(relation));
        }
      }
      assert.deepEqual(columns, [before, [...before, 'added']]);
    },
  },
  {
    name: 'keeps a row that was copied when its batch is done',
    promised: ['rule 7'],
    bareOnly: true,
    async run(subject) {
      const stream = await subject.started();
      const batches = await stream.iterate(new AbortController().signal);
      const kept: { readonly text: () => unknown; readonly before: unknown }[] = [];
      for (let number = 0; number < 6; number++) {
        await subject.write([inserts(number * 10, 10)]);
        for (let count = 0; count < 10; ) {
          const { value } = await batches.next();
          for (const { image } of value?.changes ?? []) {
            const row = image.after?.keep();
            kept.push({ text: () => row?.text(1), before: image.after?.text(1) });
            count++;
          }
        }
      }
      assert.deepEqual(
        kept.map(({ text }) => text()),
        kept.map(({ before }) => before),
      );
    },
  },
];

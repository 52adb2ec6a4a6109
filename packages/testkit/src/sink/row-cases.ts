import assert from 'node:assert/strict';
import { inParts, items, type Written, wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { RowsOfOneBatch } from '../rows-of-one-batch.ts';
import { expectedRows } from './expected-rows.ts';
import type { SinkSubject } from './sink-subject.ts';

export const insert = (
  id: number,
  note: string | null = `note ${id}`,
  amount: bigint | null = BigInt(id),
): Written => ({
  op: 'insert',
  after: { id, note, amount },
});
const update = (id: number, values: object): Written => ({ op: 'update', after: { id, ...values } });
const remove = (id: number): Written => ({ op: 'delete', before: { id } });
const move = (from: number, to: number, values: object): Written => ({
  op: 'update',
  before: { id: from },
  after: { id: to, ...values },
});
export const inserts = (from: number, count: number): readonly Written[] =>
  Array.from({ length: count }, (_, n) => insert(from + n));

/** Delivers transactions together and one by one, each time into a table that knows nothing of the other. */
const delivers = async (subject: SinkSubject, transactions: readonly (readonly Written[])[]): Promise<void> => {
  const stream = await subject.begun();
  await stream.deliver([wholeTransactions(1, transactions)]);
  await subject.expectRows(expectedRows(transactions), 'transactions in one group');
  const again = [[{ op: 'truncate' } as const], ...transactions];
  const first = transactions.length + 1;
  await stream.deliver(again.map((transaction, n) => wholeTransactions(first + n, [transaction])));
  await subject.expectRows(expectedRows(again), 'transactions in a group each');
};

export const rowCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'applies changes in the order of the log',
    promised: ['rule 13', 'invariant 4'],
    run: (subject) =>
      delivers(subject, [
        [insert(1), insert(2), update(2, { note: 'a', amount: 1n }), insert(3)],
        [remove(1), insert(1, 'again'), update(2, { note: 'b', amount: 2n })],
        [update(1, { note: 'last', amount: 3n }), remove(3), insert(4), remove(4)],
        inserts(10, 30),
        [update(10, { note: 'c', amount: 0n }), remove(11), insert(11, 'back'), update(11, { note: 'd', amount: 5n })],
      ]),
  },
  {
    name: 'keeps what an update leaves out',
    promised: ['rule 13', 'invariant 5'],
    run: (subject) =>
      delivers(subject, [
        [insert(1, 'kept', 1n), insert(2, 'kept, too', 2n), insert(3)],
        [update(1, { amount: 10n }), update(2, { note: 'set' })],
        [update(3, { note: 'a' }), update(3, { amount: 30n }), update(1, { amount: null })],
      ]),
  },
  {
    name: 'writes values exactly',
    promised: ['rule 13', 'invariant 5'],
    run: (subject) =>
      delivers(subject, [
        [
          insert(1, null, null),
          insert(2, '', 0n),
          insert(3, 'NULL', -1n),
          insert(4, '\\N', 9_223_372_036_854_775_807n),
        ],
        [insert(5, `it's "quoted", \\ and \`ticked\``, 9_007_199_254_740_993n), insert(6, 'a\tb\nc\r\nd', null)],
        [insert(7, 'ä €\u{1f600} é', -9_223_372_036_854_775_808n), insert(8, '  spaces  ', 1n), insert(9, '{"a":[1]}')],
        [update(2, { note: null, amount: null }), update(1, { note: '', amount: 0n })],
      ]),
  },
  {
    name: 'moves a row whose key changes',
    promised: ['rule 13', 'invariant 5'],
    run: (subject) =>
      delivers(subject, [
        inserts(1, 4),
        [move(1, 9, { note: 'moved', amount: 9n }), move(2, 1, { note: 'second', amount: 2n })],
        [move(9, 2, { amount: 3n }), move(3, 30, {}), insert(3, 'another')],
        [move(3, 5, { note: 'a', amount: 1n }), move(4, 3, { note: 'b', amount: 1n }), move(5, 4, { note: 'c' })],
      ]),
  },
  {
    name: 'removes every row with a truncate, and none that comes behind it',
    promised: ['rule 13'],
    run: (subject) =>
      delivers(subject, [
        [insert(1), insert(2)],
        [insert(3), { op: 'truncate' }, insert(2, 'new'), insert(4)],
        [insert(5)],
      ]),
  },
  {
    name: 'keeps no row of a batch that is done',
    promised: ['rule 7'],
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      const rows = new RowsOfOneBatch();
      const transactions = [inserts(1, 3), [update(1, { amount: 7n }), remove(2)], inserts(5, 20)];
      for (const [n, transaction] of transactions.entries()) {
        await stream.write(rows.expiring(wholeTransactions(n + 1, [transaction])));
        rows.expire();
      }
      for (const part of stream.takesParts ? inParts(9, inserts(40, 6), 2) : [wholeTransactions(9, [inserts(40, 6)])]) {
        await stream.write(rows.expiring(part));
        rows.expire();
      }
      await subject.expectRows(expectedRows([...transactions, inserts(40, 6)]), 'rows of batches that are done');
    },
  },
  {
    name: 'takes the rows of a copy as changes',
    promised: ['rule 16'],
    skip: ({ sample }) => (sample.writeChunk === undefined ? null : 'it takes chunks'),
    async run(subject) {
      const stream = await subject.begun();
      const copied: readonly Written[] = [1, 2, 3].map((id) => ({
        op: 'read',
        after: { id, note: 'copied', amount: 1n },
      }));
      const chunk = wholeTransactions(0, [copied]);
      await stream.deliver([{ ...chunk, catchingUp: new Set(['testkit.items']) }]);
      await subject.expectRows(expectedRows([copied]), 'rows of a copy');
      const changes = [insert(2, 'from the log'), remove(3), insert(4)];
      await stream.deliver([wholeTransactions(1, [changes])]);
      await subject.expectRows(expectedRows([copied, changes]), 'changes behind the rows of a copy');
    },
  },
  {
    name: 'refuses a value that it cannot write with all of its group, and does not say it',
    promised: ['invariant 5', 'invariant 9', 'invariant 12', 'rule 4'],
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      await stream.write(wholeTransactions(1, [[insert(1)]]));
      const secret = 'secret-4711';
      const wrong: Written = { op: 'insert', after: { id: 3, note: 'x', amount: secret } };
      const group = [insert(2), wrong];
      const refusal = await stream.write(wholeTransactions(2, [group])).then(
        () => null,
        (error: unknown) => error,
      );
      // A target without types takes it: then it has to be there as it is.
      if (refusal === null) return subject.expectRows(expectedRows([[insert(1)], group]), 'a value that was accepted');
      assert.ok(refusal instanceof Error);
      const said = [refusal.message, refusal.stack, JSON.stringify(refusal)].join();
      assert.ok(!said.includes(secret), 'The error says the value of a row');
      await stream.reconnect();
      if (stream.keepsCheckpoints)
        await subject.expectRows(expectedRows([[insert(1)]]), 'rows after a group that was refused');
      await stream.write(wholeTransactions(2, [[insert(2)]]));
      await subject.expectRows(expectedRows([inserts(1, 2)]), 'rows after a group that was refused, and another one');
    },
  },
];

export const itemsTable = `${items.schema}.${items.table}`;

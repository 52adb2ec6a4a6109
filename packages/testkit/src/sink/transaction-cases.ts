import assert from 'node:assert/strict';
import { inParts, wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { expectedRows } from './expected-rows.ts';
import { insert, inserts } from './row-cases.ts';
import type { SinkStream } from './sink-stream.ts';
import type { SinkSubject } from './sink-subject.ts';

const inPieces = ({ sample: { capabilities } }: SinkSubject) =>
  capabilities.transactions === 'atomic' ? null : `it takes transactions as ${capabilities.transactions}`;

/** The parts of a transaction but the last, written and not finished. */
const begunTransaction = async (stream: SinkStream, number: number, from: number) => {
  const parts = inParts(number, inserts(from, 9), 3);
  for (const part of parts.slice(0, -1)) await stream.write(part);
  return parts;
};

export const transactionCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'has all of a transaction that comes in parts',
    promised: ['rule 12', 'invariant 4'],
    async run(subject) {
      const stream = await subject.begun();
      const log = [
        wholeTransactions(1, [[insert(1)], [insert(2)]]),
        ...inParts(3, inserts(10, 9), 3),
        ...inParts(4, [...inserts(30, 3), { op: 'delete', before: { id: 10 } }], 1),
        wholeTransactions(5, [[insert(3)]]),
      ];
      await stream.deliver(log);
      const rest = inserts(10, 9).slice(1);
      await subject.expectRows(expectedRows([[...inserts(1, 3), ...rest, ...inserts(30, 3)]]), 'all rows');
    },
  },
  {
    name: 'shows nothing of a transaction before its last part',
    promised: ['rule 12', 'invariant 4'],
    skip: inPieces,
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      await stream.write(wholeTransactions(1, [[insert(1)]]));
      const [last] = (await begunTransaction(stream, 2, 10)).slice(-1);
      await subject.expectRows(expectedRows([[insert(1)]]), 'rows in the middle of a transaction');
      const { sample } = subject;
      const found = await sample.readCheckpoint?.('stream', new AbortController().signal);
      if (stream.keepsCheckpoints) assert.equal(found?.position, '2');
      assert.ok(last !== undefined);
      await stream.write(last);
      await subject.expectRows(expectedRows([[insert(1), ...inserts(10, 9)]]), 'rows after a transaction');
    },
  },
  {
    name: 'gives parts up on `rollback`, and otherwise does nothing',
    promised: ['rule 12'],
    skip: inPieces,
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      await stream.sink.rollback();
      await stream.write(wholeTransactions(1, [[insert(1)]]));
      await stream.sink.rollback();
      await begunTransaction(stream, 2, 10);
      await stream.sink.rollback();
      await stream.sink.rollback();
      await subject.expectRows(expectedRows([[insert(1)]]), 'rows after parts were given up');
      await stream.write(wholeTransactions(2, [[insert(20)]]));
      for (const part of inParts(3, inserts(30, 4), 2)) await stream.write(part);
      await subject.expectRows(expectedRows([[insert(1), insert(20), ...inserts(30, 4)]]), 'rows after the next ones');
    },
  },
  {
    name: 'gives parts up that an earlier connection has left open',
    promised: ['rule 9', 'rule 12', 'invariant 2'],
    skip: inPieces,
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      await stream.write(wholeTransactions(1, [[insert(1)]]));
      const ends = [
        () => stream.sink.close().then(() => stream.reconnect()),
        // Nobody closes what belonged to a process that is gone.
        () => stream.restart(),
      ];
      for (const [n, end] of ends.entries()) {
        const rows = expectedRows([[insert(1), ...inserts(100, n)]]);
        await begunTransaction(stream, 2 + n, 10);
        await end();
        assert.equal(stream.checkpoint.position, stream.keepsCheckpoints ? String(2 + n) : stream.checkpoint.position);
        await subject.expectRows(rows, 'rows after parts were left');
        await stream.write(wholeTransactions(2 + n, [[insert(100 + n)]]));
      }
      await subject.expectRows(expectedRows([[insert(1), ...inserts(100, 2)]]), 'all rows');
    },
  },
];

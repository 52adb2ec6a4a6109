import assert from 'node:assert/strict';
import type { Sink, TableProgress } from '@millrace/core';
import { wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { expectedRows } from './expected-rows.ts';
import { insert, itemsTable } from './row-cases.ts';
import type { SinkSubject } from './sink-subject.ts';

const noSides = ({ sample }: SinkSubject) => (sample.side === undefined ? 'it has no side streams' : null);
const { signal } = new AbortController();

const aside: TableProgress = { state: 'aside', from: '1', ranges: [], through: null };
const merged = { [itemsTable]: { ...aside, state: 'live', from: '12', through: '12' } } as const;

const sideOf = (sink: Sink): Sink => {
  const side = sink.side?.('1');
  assert.ok(side !== undefined);
  return side;
};

/** A stream at 10 that leaves a table aside, and the side stream that has brought it to 12. */
const besideEachOther = async (subject: SinkSubject) => {
  const main = await subject.begun();
  await main.save({ position: '10', tables: { [itemsTable]: aside } });
  const connect = () => {
    const owner = subject.connect();
    const side = sideOf(owner);
    subject.closes(side);
    return side;
  };
  const side = await subject.begun({ connect });
  assert.equal(side.checkpoint.position, null);
  await side.deliver([wholeTransactions(10, [[insert(1)], [insert(2)]])]);
  return { main, side };
};

const found = async (sink: Sink) => sink.readCheckpoint?.('stream', signal);

export const sideCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'merges a side stream in one transaction',
    promised: ['rule 19'],
    skip: noSides,
    bareOnly: true,
    async run(subject) {
      const { main, side } = await besideEachOther(subject);
      assert.notEqual(side.sink.name, main.sink.name);
      assert.equal(main.checkpoint.position, '10');
      await side.sink.close();
      await main.sink.mergeSide?.({ ...main.checkpoint, tables: merged }, side.checkpoint, signal);
      assert.deepEqual((await found(subject.sample))?.tables, merged);
      assert.equal(await found(sideOf(subject.sample)), null);
      await subject.expectRows(expectedRows([[insert(1), insert(2)]]), 'rows of a side stream');
    },
  },
  {
    name: 'merges no side stream that has moved, and changes nothing then',
    promised: ['rule 19', 'invariant 8'],
    skip: noSides,
    bareOnly: true,
    async run(subject) {
      const { main, side } = await besideEachOther(subject);
      const before = { ...side.checkpoint, position: '11' };
      const merging = async () => main.sink.mergeSide?.({ ...main.checkpoint, tables: merged }, before, signal);
      await assert.rejects(merging);
      assert.deepEqual((await found(subject.sample))?.tables, { [itemsTable]: aside });
      assert.equal((await found(sideOf(subject.sample)))?.position, '12');
      const zombie = main.sink;
      await main.restart();
      await assert.rejects(async () =>
        zombie.mergeSide?.(
          { ...main.checkpoint, epoch: main.checkpoint.epoch - 1, tables: merged },
          side.checkpoint,
          signal,
        ),
      );
      assert.deepEqual((await found(subject.sample))?.tables, { [itemsTable]: aside });
    },
  },
];

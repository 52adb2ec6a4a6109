import assert from 'node:assert/strict';
import { heartbeat, inParts, wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { expectedRows } from './expected-rows.ts';
import { insert, inserts, itemsTable } from './row-cases.ts';
import { assertFenced } from './sink-stream.ts';
import type { SinkSubject } from './sink-subject.ts';

const inStore = ({ sample }: SinkSubject) =>
  sample.capabilities.checkpoints === 'own' ? null : 'its checkpoints lie in a store';
const { signal } = new AbortController();

/** What the target has of a stream, without an epoch being taken. */
const stored = ({ sample }: SinkSubject, streamId = 'stream') => sample.readCheckpoint?.(streamId, signal);

export const checkpointCases: readonly ConformanceCase<SinkSubject>[] = [
  {
    name: 'leaves checkpoints to the store, where it keeps none',
    promised: ['rule 9'],
    skip: ({ sample }) => (sample.capabilities.checkpoints === 'store' ? null : 'it keeps its own checkpoints'),
    async run(subject) {
      const stream = subject.stream();
      assert.equal(await stream.begin(), null);
      assert.equal(await stream.reconnect(), null);
    },
  },
  {
    name: 'has a checkpoint without a position at first, and another epoch at every open',
    promised: ['rule 9', 'invariant 8'],
    skip: inStore,
    async run(subject) {
      const stream = subject.stream();
      const first = await stream.begin();
      assert.deepEqual(
        { streamId: first?.streamId, sink: first?.sink, position: first?.position, tables: first?.tables },
        { streamId: 'stream', sink: subject.sample.name, position: null, tables: {} },
      );
      let { epoch } = stream.checkpoint;
      for (const open of [() => stream.reconnect(), () => stream.begin(), () => stream.restart()]) {
        await open();
        assert.ok(stream.checkpoint.epoch > epoch, `epoch ${stream.checkpoint.epoch} after ${epoch}`);
        epoch = stream.checkpoint.epoch;
      }
    },
  },
  {
    name: 'has rows and checkpoint durable when `write` resolves',
    promised: ['rule 10', 'invariant 1'],
    async run(subject) {
      const stream = await subject.begun();
      for (let number = 1; number < 4; number++) {
        await stream.deliver([wholeTransactions(number, [[insert(number)]])]);
        await subject.expectRows(expectedRows([inserts(1, number)]), `rows after transaction ${number}`);
        if (stream.keepsCheckpoints) assert.deepEqual(await stored(subject), stream.checkpoint);
      }
      const next = subject.stream();
      await next.begin();
      if (stream.keepsCheckpoints) assert.equal(next.checkpoint.position, '4');
    },
  },
  {
    name: 'moves the checkpoint with a position alone',
    promised: ['rule 14'],
    skip: inStore,
    async run(subject) {
      const stream = await subject.begun();
      await stream.deliver([wholeTransactions(1, [[insert(1)]]), heartbeat('7'), heartbeat('9')]);
      assert.deepEqual(await stored(subject), stream.checkpoint);
      assert.equal(stream.checkpoint.position, '9');
      await subject.expectRows(expectedRows([[insert(1)]]), 'rows after positions alone');
    },
  },
  {
    name: 'commits rows and checkpoint together, wherever a write is aborted',
    promised: ['rule 11', 'invariant 2', 'invariant 9'],
    skip: inStore,
    bareOnly: true,
    async run(subject) {
      const stream = await subject.begun();
      for (let number = 0; number < 12; number++) {
        const aborter = new AbortController();
        const batch = wholeTransactions(number, [[insert(number), insert(100 + number)]]);
        const writing = Promise.allSettled([stream.write(batch, aborter.signal)]);
        // Moments of ever more work: turns of the loop, then milliseconds.
        if (number < 6) for (let turn = 0; turn < number; turn++) await new Promise(setImmediate);
        else await new Promise((resolve) => setTimeout(resolve, 2 ** (number - 6) / 4));
        aborter.abort(new Error('aborted in the middle'));
        await writing;
        await stream.reconnect();
        const written = Number(stream.checkpoint.position ?? '0');
        assert.ok(written === number || written === number + 1, `at ${written} after transaction ${number}`);
        const both = [...inserts(0, written), ...inserts(100, written)];
        await subject.expectRows(expectedRows([both]), `rows at ${written}`);
        await stream.deliver([batch]);
        await subject.expectRows(expectedRows([[...inserts(0, number + 1), ...inserts(100, number + 1)]]), 'all rows');
      }
    },
  },
  {
    name: 'keeps every part of a checkpoint, and reads it without taking an epoch',
    promised: ['rule 15', 'invariant 3'],
    skip: inStore,
    async run(subject) {
      assert.equal(await stored(subject), null);
      const stream = await subject.begun();
      const progress = { from: '3', ranges: [], through: null };
      await stream.save({
        position: '5',
        claimed: false,
        source: { kind: 'other', id: 'a "log"' },
        partial: { transaction: '77', sequence: 3 },
        tables: {
          [itemsTable]: { ...progress, state: 'live', through: '5', shape: { id: 'integer', 'a "name"': 'text' } },
          'testkit.pending': { ...progress, state: 'pending' },
          'testkit.aside': { ...progress, state: 'aside', through: '4' },
        },
        savedAt: 1_700_000_000_123,
      });
      assert.deepEqual(await stored(subject), stream.checkpoint);
      await assert.doesNotReject(stream.deliver([wholeTransactions(5, [[insert(1)]])]), 'reading has taken the epoch');
      const saved = stream.checkpoint;
      await stream.reconnect();
      assert.deepEqual(stream.checkpoint, { ...saved, epoch: stream.checkpoint.epoch });
    },
  },
  {
    name: 'writes nothing under an old epoch',
    promised: ['rule 9', 'invariant 8'],
    skip: inStore,
    bareOnly: true,
    async run(subject) {
      const zombie = await subject.begun();
      await zombie.write(wholeTransactions(1, [[insert(1)]]));
      const [part, last] = inParts(3, inserts(30, 2), 1);
      assert.ok(part !== undefined && last !== undefined);
      const late = [
        () => zombie.write(wholeTransactions(2, [[insert(20)]])),
        () => zombie.write(heartbeat('9')),
        () => zombie.sink.saveCheckpoint?.({ ...zombie.checkpoint, position: '9' }, signal),
        ...(zombie.takesParts ? [() => zombie.write(part).then(() => zombie.write(last))] : []),
      ];
      for (const [n, work] of late.entries()) {
        const own = await subject.begun();
        const rows = expectedRows([[insert(1), ...inserts(50, n)]]);
        await assertFenced(zombie, work);
        assert.equal((await stored(subject))?.position, own.checkpoint.position, 'after a write under an old epoch');
        await subject.expectRows(rows, 'rows after a write under an old epoch');
        await own.write(wholeTransactions(50 + n, [[insert(50 + n)]]));
        await zombie.begin();
      }
    },
  },
  {
    name: 'lets a reconnect take the next epoch only while its own is current',
    promised: ['rule 9', 'invariant 8'],
    skip: inStore,
    async run(subject) {
      const zombie = await subject.begun();
      await zombie.deliver([wholeTransactions(1, [[insert(1)]])]);
      await zombie.reconnect();
      assert.equal(zombie.checkpoint.position, '2');
      const own = await subject.begun();
      await assertFenced(zombie, () => zombie.sink.open(zombie.context(zombie.checkpoint.epoch, signal)));
      await own.deliver([wholeTransactions(2, [[insert(2)]])]);
      await own.reconnect();
      assert.equal(own.checkpoint.position, '3');
    },
  },
  {
    name: 'forgets its checkpoint, and lets nobody write with it',
    promised: ['rule 15', 'invariant 8'],
    skip: inStore,
    async run(subject) {
      const zombie = await subject.begun();
      await zombie.deliver([wholeTransactions(1, [[insert(1)]])]);
      await subject.again(async (aborted) => subject.sample.deleteCheckpoint?.('stream', aborted));
      assert.equal(await stored(subject), null);
      await assertFenced(zombie, () => zombie.write(wholeTransactions(7, [[insert(7)]])));
      const own = await subject.begun();
      assert.equal(own.checkpoint.position, null);
      await own.deliver([wholeTransactions(3, [[insert(3)]])]);
      await subject.expectRows(expectedRows([[insert(1), insert(3)]]), 'rows after a checkpoint was forgotten');
    },
  },
  {
    name: 'keeps streams apart that write to one table',
    promised: ['rule 9', 'rule 15', 'invariant 8'],
    skip: ({ world }) => (world.writers === 'one' ? 'its target takes one writer at a time' : null),
    async run(subject) {
      const stream = await subject.begun();
      const other = await subject.begun({ streamId: 'other' });
      await stream.deliver([wholeTransactions(1, [[insert(1)]])]);
      await other.deliver([wholeTransactions(30, [[insert(30)]])]);
      await stream.deliver([wholeTransactions(2, [[insert(2)]])]);
      await other.reconnect();
      if (other.keepsCheckpoints) {
        assert.equal(other.checkpoint.position, '31');
        await subject.again(async (aborted) => subject.sample.deleteCheckpoint?.('stream', aborted));
        assert.equal((await stored(subject, 'other'))?.position, '31');
      }
      await other.deliver([wholeTransactions(31, [[insert(31)]])]);
      await subject.expectRows(expectedRows([[...inserts(1, 2), ...inserts(30, 2)]]), 'rows of two streams');
    },
  },
];

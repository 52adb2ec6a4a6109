import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangeBatch, EventHub } from '@millrace/core';
import { heartbeat, inParts, type Written, wholeTransactions } from '../batches.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { patience, within } from '../within.ts';
import type { EventHubLimits } from './event-hub-world.ts';
import type { HubTransfer } from './hub-transfer.ts';

export interface EventHubSubject {
  readonly transfer: HubTransfer;
  hub(limits?: Partial<EventHubLimits>): EventHub;
}

const never = new AbortController().signal;
const inserts = (count: number, note = 'x'): readonly Written[] =>
  Array.from({ length: count }, (_, id) => ({ op: 'insert', after: { id, note, amount: 1n } }));
const transaction = (number: number, count = 1): ChangeBatch => wholeTransactions(number, [inserts(count)]);

/** Whole transactions, positions alone, and a transaction in parts that is larger than the hub. */
const log: readonly ChangeBatch[] = [
  transaction(1),
  transaction(2, 3),
  heartbeat('5'),
  ...inParts(5, inserts(30), 4),
  transaction(6, 7),
  transaction(7, 20),
  transaction(8),
  heartbeat('11'),
];

/** What a batch says, to be compared. */
const contents = ({ position, changes, relations, schemaChanges, tables, commitTime }: ChangeBatch) => ({
  position,
  changes: Array.from(changes, ({ id }) => id),
  relations,
  schemaChanges,
  tables,
  commitTime,
});

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  return settled;
};

/** Publishes transactions of one change until the hub is full. Resolves with the one that waits, and how many are in. */
const fill = async (hub: EventHub, signal: AbortSignal, most: number, count = 1) => {
  for (let number = 1; number <= most; number++) {
    const waiting = Promise.resolve(hub.publish(transaction(number, count), signal));
    if (!(await isSettled(waiting))) return { waiting, held: number - 1 };
    await waiting;
  }
  throw new assert.AssertionError({ message: `A hub took ${most} batches, although it has no room for them` });
};

const next = async (batches: AsyncIterator<ChangeBatch>): Promise<ChangeBatch> => {
  const { value, done } = await within(patience, 'the next batch', batches.next());
  assert.ok(done !== true, 'The subscription ended');
  return value;
};

export const eventHubCases: readonly ConformanceCase<EventHubSubject>[] = [
  {
    name: 'delivers every batch in order, as it is',
    promised: ['rule 22', 'rule 6', 'invariant 3'],
    async run({ transfer }) {
      await transfer.run(log);
      const withChanges = (batches: readonly ChangeBatch[]) => batches.filter(({ changes }) => changes.length > 0);
      for (const [at, hub] of transfer.hubs.entries()) {
        const taken = withChanges(hub.taken).map(contents);
        // One that failed has delivered the beginning.
        const published = withChanges(hub.published).map(contents);
        assert.deepEqual(taken, at === transfer.hubs.length - 1 ? published : published.slice(0, taken.length));
      }
      assert.equal(transfer.released.at(-1), log.at(-1)?.position);
    },
  },
  {
    name: 'calls a position safe when it was released, and not before',
    promised: ['rule 24', 'invariant 1'],
    async run({ transfer }) {
      await transfer.run(log);
      assert.deepEqual(transfer.early, []);
      assert.equal(transfer.safe.at(-1), log.at(-1)?.position);
    },
  },
  {
    name: 'keeps batches until they are released: a full hub takes no more',
    promised: ['rule 23', 'invariant 7'],
    bareOnly: true,
    async run({ hub }) {
      const full = hub({ maxChanges: 6 });
      const batches = full.subscribe(never)[Symbol.asyncIterator]();
      const { waiting, held } = await fill(full, never, 4, 2);
      assert.equal(held, 3);
      const { position } = await next(batches);
      assert.ok(!(await isSettled(waiting)), 'a batch that was delivered and not released left the hub');
      assert.ok(position !== null);
      full.release(position);
      await within(patience, 'room in the hub', waiting);
    },
  },
  {
    name: 'is full by bytes, too',
    promised: ['rule 23', 'invariant 7'],
    bareOnly: true,
    async run({ hub }) {
      const { bytes } = transaction(1);
      const { held } = await fill(hub({ maxBytes: bytes * 3 + 1 }), new AbortController().signal, 4);
      assert.equal(held, 3);
    },
  },
  {
    name: 'takes a batch that is larger than the whole hub when it is empty',
    promised: ['rule 23'],
    bareOnly: true,
    async run({ hub }) {
      const small = hub({ maxChanges: 1, maxBytes: 1 });
      const batches = small.subscribe(never)[Symbol.asyncIterator]();
      await within(patience, 'a large batch in an empty hub', Promise.resolve(small.publish(transaction(1, 9), never)));
      const waiting = Promise.resolve(small.publish(transaction(2, 9), never));
      assert.ok(!(await isSettled(waiting)), 'a large batch entered a hub that was not empty');
      const { position } = await next(batches);
      small.release(position ?? '');
      await within(patience, 'the next large batch', waiting);
    },
  },
  {
    name: 'ends a wait for room with its signal, and takes nothing then',
    promised: ['rule 1', 'rule 23'],
    bareOnly: true,
    async run({ hub }) {
      const full = hub({ maxChanges: 2 });
      const aborter = new AbortController();
      const { waiting, held } = await fill(full, aborter.signal, 3);
      aborter.abort(new Error('enough'));
      await within(1_000, 'the end of a wait for room', Promise.allSettled([waiting]));
      await assert.rejects(waiting, 'the wait for room has to reject');
      const batches = full.subscribe(never)[Symbol.asyncIterator]();
      for (let taken = 0; taken < held; taken++) full.release((await next(batches)).position ?? '');
      const rest = batches.next();
      assert.ok(!(await isSettled(rest)), 'a batch is in the hub whose wait for room was aborted');
      await full.close();
      await within(patience, 'the end of the hub', rest);
    },
  },
  {
    name: 'ends a wait for batches with its signal',
    promised: ['rule 1'],
    bareOnly: true,
    async run({ hub }) {
      const aborter = new AbortController();
      const batches = hub().subscribe(aborter.signal)[Symbol.asyncIterator]();
      const waiting = Promise.allSettled([batches.next()]);
      await nextTurn();
      aborter.abort(new Error('enough'));
      await within(1_000, 'the end of a wait for batches', waiting);
    },
  },
  {
    name: 'delivers what it holds when it is closed, ends then, and takes nothing more',
    promised: ['rule 25', 'rule 2'],
    bareOnly: true,
    async run({ hub }) {
      const closed = hub();
      closed.publish(transaction(1), never);
      closed.publish(transaction(2), never);
      await closed.close();
      await closed.close();
      const positions: unknown[] = [];
      const reading = async () => {
        for await (const { position } of closed.subscribe(never)) positions.push(position);
      };
      await within(patience, 'the end of a hub that is closed', reading());
      assert.deepEqual(positions, ['2', '3']);
      await assert.rejects(async () => closed.publish(transaction(3), never));
    },
  },
  {
    name: 'has room for any number of positions without changes, and delivers the newest',
    promised: ['rule 22', 'rule 23'],
    bareOnly: true,
    async run({ hub }) {
      const small = hub({ maxChanges: 2, maxBytes: 1_000 });
      const publishing = async () => {
        for (let n = 1; n <= 1_000; n++) await small.publish(heartbeat(String(n)), never);
      };
      await within(patience, 'a thousand positions', publishing());
      await small.close();
      let last: unknown;
      for await (const { position } of small.subscribe(never)) last = position;
      assert.equal(last, '1000');
    },
  },
  {
    name: 'tells nobody who has stopped to listen',
    promised: ['rule 24'],
    bareOnly: true,
    async run({ hub }) {
      const open = hub();
      const told: string[] = [];
      const stop = open.onSafe((position) => told.push(position));
      const batches = open.subscribe(never)[Symbol.asyncIterator]();
      for (const number of [1, 2]) {
        open.publish(transaction(number), never);
        open.release((await next(batches)).position ?? '');
        stop();
      }
      assert.deepEqual(told, ['2']);
    },
  },
];

import assert from 'node:assert/strict';
import type { BackfillProgress, Checkpoint, TableProgress } from '@millrace/core';
import type { ConformanceCase } from '../conformance-case.ts';
import type { CheckpointStoreWorld } from './checkpoint-store-world.ts';
import { checkpointOf, type StoreOwner } from './store-owner.ts';

/** An empty store, and processes that run streams with it. */
export interface CheckpointStoreSubject {
  readonly world: CheckpointStoreWorld;
  owner(streamId?: string, sink?: string): StoreOwner;
}

const fenced = { code: 'FENCED' };

const backfill: BackfillProgress = {
  state: 'failed',
  trigger: 'manual',
  side: '3',
  merged: false,
  replaces: true,
  where: 'id > 7',
  startedAt: 1_700_000_000_001,
  endedAt: null,
  error: { code: 'COPY_OUTDATED', message: 'a message' },
};
const storage = { heap: '16384', columns: { id: { id: '1', revision: '2', fill: null } } };
const range = { from: null, to: '(7,0)' };

const progress = (state: TableProgress['state'], parts: Partial<TableProgress> = {}): TableProgress => ({
  state,
  from: '10',
  ranges: [],
  through: null,
  ...parts,
});

/** One that says everything a checkpoint can. */
const everything: Partial<Checkpoint> = {
  source: { kind: 'memory', id: '1', state: 'what the tables are' },
  position: '0/16B3748',
  partial: { transaction: '77', sequence: 3 },
  tables: {
    'public.pending': progress('pending'),
    'public.copying': progress('copying', {
      ranges: [{ table: 'public.copying', range, cursor: '(3,0)', done: false, rows: 12 }],
      copied: { id: 'bigint' },
    }),
    'public.catching-up': progress('catching-up', { through: '20' }),
    'public.live': progress('live', {
      through: '20',
      shape: { id: 'bigint', 'a "name"': 'text' },
      storage,
      kept: ['old'],
    }),
    'public.aside': progress('aside', { backfill }),
    'public.failed': progress('failed'),
  },
};

export const checkpointStoreCases: readonly ConformanceCase<CheckpointStoreSubject>[] = [
  {
    name: 'has no checkpoint of a stream that saved none',
    promised: ['rule 20'],
    async run({ owner }) {
      const own = owner();
      assert.equal(await own.acquire(), null);
      assert.deepEqual(await own.list(), []);
    },
  },
  {
    name: 'gives back exactly what was saved, with the epoch of who asks',
    promised: ['rule 20', 'invariant 3'],
    async run({ owner }) {
      const own = owner();
      await own.acquire();
      const saved = await own.save(everything);
      assert.deepEqual(await own.list(), [saved]);
      const found = await own.reconnect();
      assert.deepEqual(found, { ...saved, epoch: own.epoch });
    },
  },
  {
    name: 'gives back the last of several checkpoints',
    promised: ['rule 20', 'invariant 3'],
    async run({ owner }) {
      const own = owner();
      await own.acquire();
      for (const position of ['10', '20', '5']) await own.save({ position });
      assert.equal((await own.acquire())?.position, '5');
    },
  },
  {
    name: 'has a checkpoint durable when `save` resolves',
    promised: ['rule 20', 'invariant 1'],
    skip: ({ world }) => (world.reopen === undefined ? 'its checkpoints end with the process' : null),
    async run({ owner, world }) {
      const own = owner();
      await own.acquire();
      const saved = await own.save({ position: '30' });
      assert.deepEqual(await world.reopen?.().list(own.streamId), [saved]);
    },
  },
  {
    name: 'gives every owner an epoch of its own, higher than those before',
    promised: ['rule 21', 'invariant 8'],
    async run({ owner, world }) {
      const own = owner();
      let last = 0;
      for (let run = 0; run < 3; run++) {
        await own.acquire();
        assert.ok(own.epoch > last, `epoch ${own.epoch} after ${last}`);
        last = own.epoch;
      }
      const others = Array.from({ length: 8 }, () => world.reopen?.() ?? world.store);
      const asked = await Promise.allSettled(others.map(async (store) => store.acquire(own.streamId, own.sink, null)));
      const taken = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value.epoch : []));
      const epochs = new Set(taken);
      assert.ok(taken.length > 0, 'of several that ask at once nobody got an epoch');
      assert.equal(epochs.size, taken.length, 'one epoch was given to two owners');
      for (const epoch of epochs) assert.ok(epoch > last, `epoch ${epoch} after ${last}`);
    },
  },
  {
    name: 'saves nothing under an old epoch',
    promised: ['rule 21', 'invariant 8'],
    async run({ owner, world }) {
      const zombie = owner();
      await zombie.acquire();
      await zombie.save({ position: '10' });
      const own = owner();
      await own.acquire();
      const late = { ...checkpointOf(zombie.streamId, zombie.sink, zombie.epoch), position: '99' };
      await assert.rejects(async () => world.store.save(late), fenced);
      assert.equal((await own.list())[0]?.position, '10');
      const saved = await own.save({ position: '20' });
      await assert.rejects(async () => world.store.save(late), fenced);
      assert.deepEqual(await own.list(), [saved]);
    },
  },
  {
    name: 'lets a reconnect take the next epoch only while its own is current',
    promised: ['rule 21', 'invariant 8'],
    async run({ owner, world }) {
      const zombie = owner();
      await zombie.acquire();
      const before = zombie.epoch;
      await zombie.reconnect();
      assert.ok(zombie.epoch > before);
      const own = owner();
      await own.acquire();
      const late = async () => world.store.acquire(zombie.streamId, zombie.sink, zombie.epoch);
      await assert.rejects(late, fenced);
      await assert.rejects(late, fenced);
      const { epoch } = own;
      await own.save({ position: '20' });
      assert.equal((await own.reconnect())?.position, '20');
      assert.ok(own.epoch > epoch);
    },
  },
  {
    name: 'forgets no epoch with a checkpoint that is deleted',
    promised: ['rule 21', 'invariant 8'],
    async run({ owner, world }) {
      const zombie = owner();
      await zombie.acquire();
      await zombie.save({ position: '10' });
      await zombie.delete(zombie.sink);
      assert.deepEqual(await zombie.list(), []);
      const late = checkpointOf(zombie.streamId, zombie.sink, zombie.epoch);
      await assert.rejects(async () => world.store.save(late), fenced);
      const own = owner();
      assert.equal(await own.acquire(), null);
      await assert.rejects(async () => world.store.save(late), fenced);
      const saved = await own.save({ position: '20' });
      assert.deepEqual(await own.list(), [saved]);
    },
  },
  {
    name: 'tells streams and sinks apart, whatever their names',
    promised: ['rule 20'],
    async run({ owner }) {
      const names = ['a', 'a.1', 'a/b', 'a%2Fb', 'a b', 'ä', '..'];
      const owners = [...names.map((name) => owner('s', name)), ...names.map((name) => owner(name, 'a'))];
      for (const [n, own] of owners.entries()) {
        assert.equal(await own.acquire(), null, `${own.streamId}, ${own.sink} has a checkpoint of another`);
        await own.save({ position: String(n) });
      }
      for (const [n, own] of owners.entries()) assert.equal((await own.acquire())?.position, String(n));
      const sinks = (await owner('s').list()).map(({ sink }) => sink);
      assert.deepEqual(sinks.sort(), [...names].sort());
    },
  },
  {
    name: 'deletes one sink of a stream, or all of them, and nothing of another stream',
    promised: ['rule 20'],
    async run({ owner }) {
      const owners = [owner('s', 'a'), owner('s', 'b'), owner('s', 'c'), owner('s2', 'a')];
      for (const own of owners) {
        await own.acquire();
        await own.save({});
      }
      const [own = owner(), , , other = owner()] = owners;
      await own.delete('a');
      assert.deepEqual((await own.list()).map(({ sink }) => sink).sort(), ['b', 'c']);
      await own.delete();
      assert.deepEqual(await own.list(), []);
      assert.equal((await other.list()).length, 1);
      await owner('never').delete();
    },
  },
];

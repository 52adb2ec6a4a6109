import { type Checkpoint, type CheckpointStore, memoryCheckpointStore } from '@millrace/core';
import { describeMutants, type Mutant } from '../mutants.test-support.ts';
import type { CheckpointStoreWorld } from './checkpoint-store-world.ts';
import { checkpointStoreSuite } from './describe-checkpoint-store.ts';

type Change = (store: CheckpointStore) => Partial<CheckpointStore>;

const wrong = (name: string, caughtBy: Mutant<CheckpointStoreWorld>['caughtBy'], change: Change) => ({
  name,
  caughtBy,
  world: () => {
    const store = memoryCheckpointStore();
    const mutant = { ...store, ...change(store) };
    return { store: mutant, reopen: () => mutant };
  },
});

/** Under another name than was asked for. */
const renamed =
  (rename: (name: string) => string): Change =>
  (store) => ({
    acquire: async (streamId, sink, expected) => {
      const { epoch, checkpoint } = await store.acquire(rename(streamId), rename(sink), expected);
      return { epoch, checkpoint: checkpoint && { ...checkpoint, streamId, sink } };
    },
    save: (checkpoint) =>
      store.save({ ...checkpoint, streamId: rename(checkpoint.streamId), sink: rename(checkpoint.sink) }),
    list: (streamId) => store.list(rename(streamId)),
    delete: (streamId, sink) => store.delete(rename(streamId), sink && rename(sink)),
  });

const exact = 'gives back exactly what was saved, with the epoch of who asks';
const old = 'saves nothing under an old epoch';
const reconnects = 'lets a reconnect take the next epoch only while its own is current';

describeMutants(checkpointStoreSuite, [
  wrong('makes up a checkpoint', ['has no checkpoint of a stream that saved none'], (store) => ({
    acquire: async (streamId, sink, expected) => {
      const { epoch, checkpoint } = await store.acquire(streamId, sink, expected);
      return { epoch, checkpoint: checkpoint ?? ({ streamId, sink, epoch, position: '0' } as Checkpoint) };
    },
  })),
  wrong('forgets how tables are stored', [exact], (store) => ({
    save: (checkpoint) => {
      const tables = Object.entries(checkpoint.tables).map(([name, { storage: _, ...rest }]) => [name, rest]);
      return store.save({ ...checkpoint, tables: Object.fromEntries(tables) });
    },
  })),
  wrong('returns the epoch of who saved', [exact], (store) => ({
    acquire: async (...asked) => {
      const { epoch, checkpoint } = await store.acquire(...asked);
      return { epoch, checkpoint: checkpoint && { ...checkpoint, epoch: epoch - 1 } };
    },
  })),
  wrong('keeps the position that is furthest', ['gives back the last of several checkpoints'], (store) => ({
    save: async (checkpoint) => {
      const [before] = await store.list(checkpoint.streamId);
      const isBehind = Number(before?.position) > Number(checkpoint.position);
      await store.save(isBehind ? { ...checkpoint, position: before?.position ?? null } : checkpoint);
    },
  })),
  wrong('resolves before it has saved', ['has a checkpoint durable when `save` resolves'], (store) => ({
    save: async (checkpoint) => {
      setImmediate(() => void store.save(checkpoint).catch(() => {}));
    },
  })),
  wrong('gives one epoch twice', ['gives every owner an epoch of its own, higher than those before'], (store) => {
    let taken: ReturnType<CheckpointStore['acquire']> | null = null;
    return {
      acquire: (...asked) => {
        taken ??= store.acquire(...asked).finally(() => {
          taken = null;
        });
        return taken;
      },
    };
  }),
  wrong('looks at no epoch', [old], (store) => ({
    save: async (checkpoint) => {
      const [current] = await store.list(checkpoint.streamId);
      await store.save({ ...checkpoint, epoch: Math.max(checkpoint.epoch, current?.epoch ?? 0) });
    },
  })),
  wrong('saves, and then looks at the epoch', [old], (store) => {
    const last = new Map<string, Checkpoint>();
    return {
      save: async (checkpoint) => {
        last.set(checkpoint.streamId, checkpoint);
        await store.save(checkpoint);
      },
      list: async (streamId) => {
        const found = last.get(streamId);
        return found === undefined ? [] : [found];
      },
    };
  }),
  wrong('takes an epoch for everybody', [reconnects], (store) => ({
    acquire: (streamId, sink) => store.acquire(streamId, sink, null),
  })),
  wrong('takes the epoch of whom it fences', [reconnects], (store) => ({
    acquire: async (streamId, sink, expected) => {
      const [current] = await store.list(streamId);
      const taken = await store.acquire(streamId, sink, null);
      if (expected !== null && current !== undefined) {
        await store.acquire(streamId, sink, taken.epoch);
        return store.acquire(streamId, sink, expected);
      }
      return taken;
    },
  })),
  wrong('forgets the epochs with the checkpoint', ['forgets no epoch with a checkpoint that is deleted'], (store) => {
    let current = store;
    return {
      acquire: (...asked) => current.acquire(...asked),
      save: (checkpoint) => current.save(checkpoint),
      list: (streamId) => current.list(streamId),
      delete: async () => {
        current = memoryCheckpointStore();
      },
    };
  }),
  wrong('joins names', ['tells streams and sinks apart, whatever their names'], (store) => ({
    ...renamed((name) => name.replaceAll('/', '.'))(store),
  })),
  wrong('decodes names', ['tells streams and sinks apart, whatever their names'], renamed(decodeURIComponent)),
  wrong(
    'deletes all sinks with one',
    ['deletes one sink of a stream, or all of them, and nothing of another stream'],
    (store) => ({ delete: (streamId) => store.delete(streamId) }),
  ),
  wrong(
    'deletes by how names begin',
    ['deletes one sink of a stream, or all of them, and nothing of another stream'],
    (store) => ({
      delete: async (streamId, sink) => {
        for (const name of sink === undefined ? [streamId, `${streamId}2`] : [streamId]) await store.delete(name, sink);
      },
    }),
  ),
  wrong('commits half when its answer is lost', [{ name: exact, fault: 'reply-lost' }], (store) => ({
    save: async (checkpoint) => {
      const [before] = await store.list(checkpoint.streamId);
      await store.save(before === undefined ? { ...checkpoint, tables: {} } : checkpoint);
    },
  })),
]);

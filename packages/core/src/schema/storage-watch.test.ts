import { expect, test } from 'vitest';
import type { TableStorage } from '../model/table-storage.ts';
import { StorageWatch } from './storage-watch.ts';

const storage = (heap: string, revision: string): TableStorage => ({
  heap,
  columns: { id: { id: '1', revision, fill: null } },
});

/** A watch of one table; positions are numbers. */
const watching = (mayBeTold: boolean) => {
  const world = { log: 0, head: 0, known: storage('1', '5'), now: storage('1', '5'), told: [] as string[] };
  const unused = () => expect.unreachable();
  const watch = new StorageWatch({
    source: {
      describeStorage: async () => new Map([['t', world.now]]),
      head: async () => ({ position: String(world.head), time: 0 }),
      compare: (a, b) => Math.sign(Number(a) - Number(b)) as -1 | 0 | 1,
    },
    progress: {
      get position() {
        return String(world.log);
      },
      get checkpoint() {
        const table = {
          state: 'live',
          from: '0',
          ranges: [],
          through: null,
          shape: { id: 'int' },
          storage: world.known,
        };
        return { tables: { t: table } } as never;
      },
    },
    onFinding: async ({ storage: found, isRewritten }) => {
      world.known = found;
      world.told.push(`${found.heap} ${isRewritten}`);
    },
    onGone: unused,
    onBack: async () => unused(),
    mayBeTold,
  });
  return { world, watch };
};

test('what the log does not tell of is found at once', async () => {
  const { world, watch } = watching(false);
  await watch.look();
  world.now = storage('2', '6');
  await watch.look();
  await watch.look();
  expect(world.told).toEqual(['2 true']);
});

test('what the log may tell of counts once it has come that far', async () => {
  const { world, watch } = watching(true);
  Object.assign(world, { head: 10, now: storage('2', '6') });
  await watch.look();
  Object.assign(world, { head: 20, now: storage('3', '7') });
  await watch.look();
  expect(world.told).toEqual([]);
  world.log = 10;
  await watch.look();
  // What came behind that place may still be told.
  expect(world.told).toEqual(['2 true']);
  await watch.look();
  expect(world.told).toEqual(['2 true']);
  world.log = 20;
  await watch.look();
  expect(world.told).toEqual(['2 true', '3 true']);
});

test('what the log has told meanwhile is not found', async () => {
  const { world, watch } = watching(true);
  Object.assign(world, { head: 10, now: storage('2', '6') });
  await watch.look();
  Object.assign(world, { log: 10, known: world.now });
  await watch.look();
  expect(world.told).toEqual([]);
});

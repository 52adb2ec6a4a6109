import { expect, test } from 'vitest';
import { startProgram, until } from '../harness/index.ts';
import { startLoad } from '../snapshot/shop.ts';
import { type ShopStreamOptions, shopStream } from '../snapshot/shop-stream.ts';
import { live, type ShopWorld, shopWorld } from '../snapshot/shop-world.ts';
import { namedDifferences } from './named-differences.ts';
import { startChanges } from './shop-changes.ts';

/** A few here; as many as wanted with the variable. */
const rounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 3);
const program = new URL('../snapshot/copy.program.ts', import.meta.url);

const ways = ['inferred', 'event-trigger'] as const;

const optionsOf = (
  { source, target, slot }: ShopWorld,
  ddl: (typeof ways)[number],
  maxBytesPerSecond = 0,
): ShopStreamOptions => ({
  source: source.url,
  target: target.url,
  slot,
  maxBytesPerSecond,
  schemaChanges: 'evolve',
  ddl,
});

/** Rows that were rewritten are copied anew, which nothing but their being equal says the end of. */
const becomeEqual = async (world: ShopWorld): Promise<void> => {
  let differences: readonly string[] = [];
  const areEqual = async () => {
    differences = await differencesOf(world);
    return differences.length === 0;
  };
  await until(areEqual, { describe: 'equal rows', timeout: 60_000 }).catch(() => {});
  expect(differences).toEqual([]);
};

const differencesOf = async ({ source, target }: ShopWorld): Promise<readonly string[]> => [
  ...(await namedDifferences(source, target, 'items')),
  ...(await namedDifferences(source, target, 'orders')),
];

test.each(ways)(
  'columns change while tables are copied and followed, under load (%s)',
  { timeout: 180_000 },
  async (ddl) => {
    await using world = await shopWorld();
    await using stream = shopStream(optionsOf(world, ddl, 4_000_000));
    await using load = startLoad(world.source.url);
    await using changes = startChanges(world.source.url, 1_500);
    await stream.start();
    await until(() => changes.done > 3, { describe: 'changes', timeout: 60_000 });
    await stream.update({ copy: { maxBytesPerSecond: 0 } });
    await until(() => changes.done > 8, { describe: 'changes', timeout: 60_000 });
    await changes.stop();
    await load.stop();
    await live(stream);
    await world.settle();
    await becomeEqual(world);
    expect(stream.errors).toEqual([]);
  },
);

test.each(ways)(
  `killed ${rounds} times while columns change, under load (%s)`,
  { timeout: 120_000 + rounds * 30_000 },
  async (ddl) => {
    await using world = await shopWorld();
    const options = optionsOf(world, ddl);
    await using load = startLoad(world.source.url);
    await using changes = startChanges(world.source.url, 700);
    for (let round = 0; round < rounds; round++) {
      const killed = await startProgram(program, { args: [JSON.stringify(options)] });
      await killed.message('running');
      const before = changes.done;
      await until(() => changes.done > before + 1, { describe: 'changes', timeout: 30_000 });
      killed.kill('SIGKILL');
      await killed.exited;
    }
    await using last = await startProgram(program, { args: [JSON.stringify(options)] });
    await last.message('running');
    await changes.stop();
    await load.stop();
    await world.settle();
    await becomeEqual(world);
  },
);

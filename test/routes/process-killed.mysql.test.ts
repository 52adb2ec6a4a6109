import { test } from 'vitest';
import { bankBetween } from '../bank/bank-world.ts';
import { faultRounds, killAtRandom } from '../faults/killed-process.ts';
import { databaseOn, routes, sharedServer } from './routes.ts';

const rounds = faultRounds(3);

test.each(routes())(
  `from $source to $target, killed at random moments, ${rounds} times: nothing lost, torn or applied twice`,
  { timeout: 120_000 + rounds * 15_000 },
  async ({ source, target }) => {
    await using world = await bankBetween(
      await databaseOn(sharedServer(source)),
      await databaseOn(sharedServer(target)),
    );
    await killAtRandom(world, rounds);
  },
);

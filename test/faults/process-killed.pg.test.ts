import { test } from 'vitest';
import { bankWorld } from '../bank/bank-world.ts';
import { steps } from '../harness/index.ts';
import { faultRounds, killAtRandom, killAtStep } from './killed-process.ts';

const rounds = faultRounds(4);

test(`killed at random moments, ${rounds} times: nothing lost, torn or applied twice`, {
  timeout: 120_000 + rounds * 15_000,
}, async () => {
  await using world = await bankWorld();
  await killAtRandom(world, rounds);
});

test.each(steps)('killed at the sink %s', { timeout: 90_000 }, async (step) => {
  await using world = await bankWorld();
  await killAtStep(world, step);
});

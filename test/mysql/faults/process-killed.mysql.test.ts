import { describe, test } from 'vitest';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { faultRounds, killAtRandom, killAtStep } from '../../faults/killed-process.ts';
import { mysqlNames, sharedMysql, steps } from '../../harness/index.ts';

const rounds = faultRounds(2);

describe.each(mysqlNames())('from %s', (name) => {
  test(`killed at random moments, ${rounds} times: nothing lost, torn or applied twice`, {
    timeout: 120_000 + rounds * 15_000,
  }, async () => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    await killAtRandom(world, rounds);
  });

  test.each(steps)('killed at the sink %s', { timeout: 90_000 }, async (step) => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    await killAtStep(world, step);
  });
});

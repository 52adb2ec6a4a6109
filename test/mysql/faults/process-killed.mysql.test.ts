import { test } from 'vitest';
import { mysqlBankWorld } from '../../bank/bank-world.ts';
import { faultRounds, killAtRandom, killAtStep } from '../../faults/killed-process.ts';
import { mysqlNames, sharedMysql, steps } from '../../harness/index.ts';

const rounds = faultRounds(2);
const names = mysqlNames();

test.each(names)(
  `from %s, killed at random moments, ${rounds} times: nothing lost, torn or applied twice`,
  {
    timeout: 120_000 + rounds * 15_000,
  },
  async (name) => {
    await using world = await mysqlBankWorld(sharedMysql(name));
    await killAtRandom(world, rounds);
  },
);

/** The steps are the target's: each is taken once, from one server or the other. */
const cases = steps.map((step, index) => ({ step, name: names[index % names.length] }));

test.each(cases)('from $name, killed at the sink $step', { timeout: 90_000 }, async ({ step, name }) => {
  await using world = await mysqlBankWorld(sharedMysql(name));
  await killAtStep(world, step);
});

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { faults } from './model/model-world.test-support.ts';
import { type ModelRun, runModel } from './model/run-model.test-support.ts';

/** More with the variable. */
const seeds = Number(process.env.MILLRACE_TEST_SEEDS ?? 1_000);

// Waits take no time: the model's time is made of steps.
beforeAll(
  () =>
    void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] }),
);
afterAll(() => void vi.useRealTimers());

test(`the target equals its source after ${seeds} histories, and every live table at every position`, {
  timeout: 60 * seeds + 60_000,
}, async () => {
  const total: ModelRun = { crashes: 0, restarts: 0, handovers: 0, chunks: 0, backfills: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const run = await runModel(seed, null).catch((cause: unknown) => {
      throw new Error(`seed ${seed}`, { cause });
    });
    total.crashes += run.crashes;
    total.restarts += run.restarts;
    total.handovers += run.handovers;
    total.backfills += run.backfills;
  }
  expect(total.crashes).toBeGreaterThan(seeds / 2);
  expect(total.restarts).toBeGreaterThan(seeds / 20);
  expect(total.handovers).toBeGreaterThan(2.9 * seeds);
  expect(total.backfills).toBeGreaterThan(seeds / 2);
});

test.each(faults)('a fault is noticed: %s', async (fault) => {
  const noticed = async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const failed = await runModel(seed, fault).then(
        () => false,
        () => true,
      );
      if (failed) return seed;
    }
    return null;
  };
  expect(await noticed()).not.toBeNull();
});

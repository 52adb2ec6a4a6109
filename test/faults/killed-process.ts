import { expect } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import type { BankStreamOptions } from '../bank/bank-stream.ts';
import type { BankWorld } from '../bank/bank-world.ts';
import {
  type MysqlTestDatabase,
  type Program,
  type Step,
  startProgram,
  startProxy,
  type TestDatabase,
} from '../harness/index.ts';

/** A few here; as many as wanted with the variable. */
export const faultRounds = (few: number): number => Number(process.env.MILLRACE_FAULT_ROUNDS ?? few);

const program = new URL('../bank/bank-stream.program.ts', import.meta.url);

/** The stream of a bank in a process of its own. */
export const startBankStream = (options: BankStreamOptions): Promise<Program> =>
  startProgram(program, { args: [JSON.stringify(options)] });

/** The stream's process is killed under load at random moments, and started again each time. */
export const killAtRandom = async (world: BankWorld, rounds: number): Promise<void> => {
  let streaming = await startBankStream(world.stream);
  await streaming.message('running');
  await world.fill();
  await using load = startLoad(world.source.url);
  for (let round = 0; round < rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 800));
    streaming.kill('SIGKILL');
    await streaming.exited;
    streaming = await startBankStream(world.stream);
    // Half of the kills come while it is still opening.
    if (round % 2 === 0) await streaming.message('running');
  }
  await load.stop();
  // Little was written between the kills, and the limits are small.
  expect(await world.settle(60_000 + rounds * 5_000)).toEqual([]);
  expect(world.poller.torn).toEqual([]);
  expect(world.poller.polls).toBeGreaterThan(10);
  await streaming[Symbol.asyncDispose]();
};

/** The stream's process is killed while its connection to the target stands at this step. */
export const killAtStep = async (
  world: BankWorld<TestDatabase | MysqlTestDatabase, TestDatabase>,
  step: Step,
): Promise<void> => {
  await using proxy = await startProxy({ target: world.target.server });
  const first = await startBankStream({ ...world.stream, target: proxy.url(world.target.name) });
  await first.message('running');
  await world.fill();
  await using load = startLoad(world.source.url);
  const nth = step === 'before-first-statement' ? 1 : 5;
  const held = proxy.at(step, 'freeze', { nth });
  if (step === 'before-first-statement') proxy.cut();
  await held.reached();
  first.kill('SIGKILL');
  await first.exited;
  await using second = await startBankStream({ ...world.stream, target: proxy.url(world.target.name) });
  await second.message('running');
  // What the dead process had sent reaches the server after its successor has begun.
  await held.release();
  await load.stop();
  expect(await world.settle()).toEqual([]);
  expect(world.poller.torn).toEqual([]);
};

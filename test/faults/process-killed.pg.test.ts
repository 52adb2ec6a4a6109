import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { type Program, startProgram, startProxy, steps } from '../harness/index.ts';

/** A few here; as many as wanted with the variable. */
const rounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 4);
const program = new URL('../bank/bank-stream.program.ts', import.meta.url);

const start = (options: object): Promise<Program> => startProgram(program, { args: [JSON.stringify(options)] });

test(`killed at random moments, ${rounds} times: nothing lost, torn or applied twice`, {
  timeout: 120_000 + rounds * 15_000,
}, async () => {
  await using world = await bankWorld();
  const options = { source: world.source.url, target: world.target.url, slot: world.slot };
  let streaming = await start(options);
  await streaming.message('running');
  await world.fill();
  await using load = startLoad(world.source.url);
  for (let round = 0; round < rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 800));
    streaming.kill('SIGKILL');
    await streaming.exited;
    streaming = await start(options);
    // Half of the kills come while it is still opening.
    if (round % 2 === 0) await streaming.message('running');
  }
  await load.stop();
  // Little was written between the kills, and the limits are small.
  expect(await world.settle(60_000 + rounds * 5_000)).toEqual([]);
  expect(world.poller.torn).toEqual([]);
  expect(world.poller.polls).toBeGreaterThan(10);
  await streaming[Symbol.asyncDispose]();
});

test.each(steps)('killed at the sink %s', { timeout: 90_000 }, async (step) => {
  await using world = await bankWorld();
  await using proxy = await startProxy({ target: world.target.server });
  const options = { source: world.source.url, target: proxy.url(world.target.name), slot: world.slot };
  const first = await start(options);
  await first.message('running');
  await world.fill();
  await using load = startLoad(world.source.url);
  const nth = step === 'before-first-statement' ? 1 : 5;
  const held = proxy.at(step, 'freeze', { nth });
  if (step === 'before-first-statement') proxy.cut();
  await held.reached();
  first.kill('SIGKILL');
  await first.exited;
  await using second = await start(options);
  await second.message('running');
  // What the dead process had sent reaches the server after its successor has begun.
  await held.release();
  await load.stop();
  expect(await world.settle()).toEqual([]);
  expect(world.poller.torn).toEqual([]);
});

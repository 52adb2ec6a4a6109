import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { startProgram, until } from '../harness/index.ts';

const program = new URL('../bank/bank-stream.program.ts', import.meta.url);

test('a second process with the same stream id takes over; the first ends fenced and stays so', {
  timeout: 60_000,
}, async () => {
  await using world = await bankWorld();
  const options = { source: world.source.url, target: world.target.url, slot: world.slot };
  await using first = bankStream(options);
  await first.start();
  await world.fill();
  await using load = startLoad(world.source.url);
  await using second = await startProgram(program, { args: [JSON.stringify(options)] });
  await second.message('running');
  await expect(first.done).rejects.toMatchObject({ code: 'FENCED', recovery: 'operator' });
  const statuses: string[] = [];
  first.on('status', ({ status }) => statuses.push(status));
  // Longer than any backoff that a first retry could have.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(first.status).toBe('failed-permanently');
  expect(statuses).toEqual([]);
  await load.stop();
  expect(await world.settle()).toEqual([]);
  expect(world.poller.torn).toEqual([]);
  // The second one was never disturbed.
  expect(second.output).toBe('');
});

test('of two streams that keep taking over from each other none loses or repeats anything', {
  timeout: 60_000,
}, async () => {
  await using world = await bankWorld();
  const options = { source: world.source.url, target: world.target.url, slot: world.slot };
  await using one = bankStream(options);
  await using two = bankStream(options);
  await one.start();
  await world.fill();
  await using load = startLoad(world.source.url);
  let [holder, other] = [one, two];
  for (let round = 0; round < 4; round++) {
    if (other.status === 'failed-permanently') await other.recover('retry');
    else await other.start();
    await expect(holder.done).rejects.toMatchObject({ code: 'FENCED' });
    [holder, other] = [other, holder];
    await until(() => holder.stats().sink.changes > 20, { describe: 'the new holder to write' });
  }
  await load.stop();
  expect(await world.settle()).toEqual([]);
  expect(world.poller.torn).toEqual([]);
});

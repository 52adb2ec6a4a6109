import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { type StepAction, startProxy, steps, until } from '../harness/index.ts';

const actions: readonly StepAction[] = ['cut', 'freeze'];
const cases = steps.flatMap((step) => actions.map((action) => [action, step] as const));

test.each(cases)('the connection to the target is broken by %s %s', { timeout: 90_000 }, async (action, step) => {
  await using world = await bankWorld();
  await using proxy = await startProxy({ target: world.target.server });
  await using stream = bankStream({ source: world.source.url, target: proxy.url(world.target.name), slot: world.slot });
  await stream.start();
  await world.fill();
  await using load = startLoad(world.source.url);
  const broken = proxy.at(step, action, { nth: step === 'before-first-statement' ? 1 : 5 });
  if (step === 'before-first-statement') proxy.cut();
  await broken.reached();
  // A frozen connection looks like a slow server, until the server says that it has answered.
  await until(() => stream.errors.length > 0, { describe: 'the loss to be noticed', timeout: 40_000 });
  if (action === 'freeze') await broken.release();
  await until(() => stream.status === 'running', { describe: 'the stream to run again', timeout: 30_000 });
  await load.stop();
  expect(await world.settle()).toEqual([]);
  expect(world.poller.torn).toEqual([]);
});

test.each(actions)(
  'the replication connection is broken by %s, at its start and while streaming',
  { timeout: 90_000 },
  async (action) => {
    await using world = await bankWorld();
    await using proxy = await startProxy({ target: world.source.server });
    await world.source.query("ALTER ROLE postgres SET wal_sender_timeout = '2s'");
    try {
      await using stream = bankStream({
        source: proxy.url(world.source.name),
        target: world.target.url,
        slot: world.slot,
      });
      await stream.start();
      await world.fill();
      await using load = startLoad(world.source.url);
      await until(() => stream.stats().sink.changes > 100, { describe: 'some changes' });
      for (const connection of proxy.connections)
        if (action === 'cut') connection.cut();
        else connection.freeze();
      await until(() => stream.errors.length > 0, { describe: 'the loss to be noticed', timeout: 20_000 });
      const atStart = proxy.at('between-statements', 'cut', { matching: /START_REPLICATION/, replication: true });
      await atStart.reached();
      await until(() => stream.status === 'running', { describe: 'the stream to run again', timeout: 30_000 });
      await load.stop();
      expect(await world.settle()).toEqual([]);
      expect(world.poller.torn).toEqual([]);
    } finally {
      await world.source.query('ALTER ROLE postgres RESET wal_sender_timeout');
    }
  },
);

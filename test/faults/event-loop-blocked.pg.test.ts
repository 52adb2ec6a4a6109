import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { startPostgres, until } from '../harness/index.ts';
import { blockEventLoop } from './blocked-event-loop.ts';

test('an event loop blocked beyond wal_sender_timeout reconnects and loses nothing', { timeout: 60_000 }, async () => {
  await using server = await startPostgres({ settings: { wal_sender_timeout: '1s' } });
  await using world = await bankWorld({ source: server });
  await using stream = bankStream({ source: world.source.url, target: world.target.url, slot: world.slot });
  await stream.start();
  await world.fill();
  await using load = startLoad(world.source.url);
  await until(() => stream.stats().sink.changes > 100, { describe: 'changes' });
  blockEventLoop(3_000);
  await until(() => stream.errors.length > 0, { describe: 'the lost connection to be noticed', timeout: 20_000 });
  await until(() => stream.status === 'running', { describe: 'the stream to run again', timeout: 20_000 });
  await load.stop();
  expect(await world.settle()).toEqual([]);
  expect(world.poller.torn).toEqual([]);
});

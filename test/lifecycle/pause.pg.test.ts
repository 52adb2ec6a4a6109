import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { openSockets, startPostgres, until } from '../harness/index.ts';

test('pause leaves no socket and keeps the slot; a pause longer than wal_sender_timeout resumes', {
  timeout: 60_000,
}, async () => {
  await using server = await startPostgres({ settings: { wal_sender_timeout: '1s' } });
  await using world = await bankWorld({ source: server });
  await using stream = bankStream({ source: world.source.url, target: world.target.url, slot: world.slot });
  const ours =
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'millrace bank' AND datname = current_database()";
  const connections = async () => [...(await world.source.query(ours)), ...(await world.target.query(ours))];
  await stream.start();
  await world.fill();
  expect(await connections()).not.toEqual([]);
  const load = startLoad(world.source.url);
  await stream.pause();
  await load.stop();
  await world.poller[Symbol.asyncDispose]();
  // The server needs a moment to notice that a socket was closed.
  await until(async () => (await connections()).length === 0, {
    describe: 'every connection to be closed',
    timeout: 1_000,
  });
  const [slot] = await world.source.query<{ active: boolean }>('SELECT active FROM pg_replication_slots');
  expect(slot?.active).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await stream.resume();
  expect(stream.status).toBe('running');
  expect(await world.settle()).toEqual([]);
});

test('start, pause, resume and stop again and again leave no socket behind', { timeout: 60_000 }, async () => {
  await using world = await bankWorld();
  await world.poller[Symbol.asyncDispose]();
  const stream = bankStream({ source: world.source.url, target: world.target.url, slot: world.slot });
  await stream.start();
  await world.fill();
  await stream.stop();
  const before = openSockets();
  for (let round = 0; round < 5; round++) {
    await stream.start();
    await stream.pause();
    await stream.resume();
    await stream.stop();
  }
  expect(openSockets()).toBeLessThanOrEqual(before);
  expect(stream.errors).toEqual([]);
});

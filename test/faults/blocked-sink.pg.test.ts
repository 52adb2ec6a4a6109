import { expect, test } from 'vitest';
import { startLoad } from '../bank/bank.ts';
import { bankStream } from '../bank/bank-stream.ts';
import { bankWorld } from '../bank/bank-world.ts';
import { startPostgres, until } from '../harness/index.ts';

const timeout = 2_000;

test('a sink blocked for three times wal_sender_timeout: the connection lives, memory is bounded, everything arrives', {
  timeout: 90_000,
}, async () => {
  await using server = await startPostgres({ settings: { wal_sender_timeout: `${timeout}ms` } });
  await using world = await bankWorld({ source: server });
  await using stream = bankStream({ source: world.source.url, target: world.target.url, slot: world.slot });
  await stream.start();
  await world.fill();
  await until(() => stream.stats().sink.changes >= 60, { describe: 'the first rows' });
  const walsender = () => world.source.query('SELECT pid FROM pg_stat_replication');
  const [before] = await walsender();
  const blocker = await world.target.connect();
  await blocker.query('BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE');
  await using load = startLoad(world.source.url, { pause: 1 });
  let most = 0;
  const until_ = performance.now() + 3 * timeout;
  while (performance.now() < until_) {
    most = Math.max(most, stream.stats().queue.changes);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // Full, so the reader really stood still; and not beyond its limit by more than one batch.
  expect(most).toBeGreaterThan(20);
  expect(most).toBeLessThanOrEqual(40);
  await load.stop();
  await blocker.query('ROLLBACK');
  expect(await world.settle()).toEqual([]);
  expect(await walsender()).toEqual([before]);
  expect(stream.errors).toEqual([]);
});

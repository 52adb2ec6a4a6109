import { expect, test } from 'vitest';
import { postgresVersions, startPostgres, startProxy, steps, until } from '../harness/index.ts';
import { copiedMoreThan, killCopies, killRounds, startCopy } from './copy-program.ts';
import { startLoad } from './shop.ts';
import { type ShopStreamOptions, shopStream } from './shop-stream.ts';
import { live, type ShopWorld, shopWorld } from './shop-world.ts';

const optionsOf = ({ source, target, slot }: ShopWorld, maxBytesPerSecond = 0): ShopStreamOptions => ({
  source: source.url,
  target: target.url,
  slot,
  maxBytesPerSecond,
});

test(`killed in the middle of a copy under load, ${killRounds} times: what is durable is not read again, nothing is missing`, {
  timeout: 120_000 + killRounds * 15_000,
}, async () => {
  await using world = await shopWorld();
  await using load = startLoad(world.source.url);
  await killCopies(world, load, optionsOf(world));
});

test.each(['pause', 'stop', 'kill'] as const)(
  '%s in the middle of a table: it goes on where it was',
  { timeout: 90_000 },
  async (how) => {
    await using world = await shopWorld();
    const rows = 10_200;
    if (how === 'kill') {
      const first = await startCopy(optionsOf(world, 1_500_000));
      await copiedMoreThan(world, 1_000);
      first.kill('SIGKILL');
      await first.exited;
      const copied = await world.copied();
      await using second = await startCopy(optionsOf(world));
      expect(await world.settle()).toEqual([]);
      second.send('stop');
      expect(await second.message('stopped')).toBe(rows - copied);
      return;
    }
    const stream = shopStream(optionsOf(world, 1_500_000));
    await stream.start();
    await copiedMoreThan(world, 1_000);
    const begun = performance.now();
    await stream[how]();
    expect(performance.now() - begun).toBeLessThan(2_000);
    const copied = await world.copied();
    expect(copied).toBeLessThan(rows);
    await stream.update({ copy: { maxBytesPerSecond: 0 } });
    const readBefore = how === 'pause' ? stream.stats().source.rows : 0;
    await (how === 'pause' ? stream.resume() : stream.start());
    await live(stream);
    expect(stream.stats().source.rows - readBefore).toBe(rows - copied);
    expect(await world.settle()).toEqual([]);
    await stream.stop();
  },
);

test('the connection that the log comes over breaks in the middle of a copy: it is noticed at once', {
  timeout: 60_000,
}, async () => {
  await using world = await shopWorld();
  await using stream = shopStream(optionsOf(world, 500_000));
  const retries: string[] = [];
  stream.on('retry', ({ error }) => retries.push(error.code));
  await stream.start();
  await copiedMoreThan(world, 300);
  await world.source.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1', [
    world.slot,
  ]);
  await until(() => retries.length > 0, { describe: 'the loss to be noticed' });
  expect(await world.copied()).toBeLessThan(10_000);
  await stream.update({ copy: { maxBytesPerSecond: 0 } });
  await live(stream);
  expect(await world.settle()).toEqual([]);
});

test.each(steps)('killed while a chunk is written, at the sink %s', { timeout: 90_000 }, async (step) => {
  await using world = await shopWorld();
  await using proxy = await startProxy({ target: world.target.server });
  const options = optionsOf(world, 3_000_000);
  await using load = startLoad(world.source.url);
  const first = await startCopy({ ...options, target: proxy.url(world.target.name) });
  await copiedMoreThan(world, 300);
  const held = proxy.at(step, 'freeze', { nth: step === 'before-first-statement' ? 1 : 5 });
  if (step === 'before-first-statement') proxy.cut();
  await held.reached();
  first.kill('SIGKILL');
  await first.exited;
  await using second = await startCopy(options);
  await second.message('running');
  // What the dead process had sent reaches the server after its successor has begun.
  await held.release();
  await second.message('handover');
  await load.stop();
  expect(await world.settle()).toEqual([]);
});

test.each(postgresVersions())(
  'servers (PostgreSQL %i) crash in the middle of a copy',
  { timeout: 120_000 },
  async (version) => {
    await using sourceServer = await startPostgres({ version });
    await using targetServer = await startPostgres({ version });
    await using world = await shopWorld({ source: sourceServer, target: targetServer });
    await using stream = shopStream(optionsOf(world, 1_000_000));
    await using load = startLoad(world.source.url);
    await stream.start();
    for (const server of [targetServer, sourceServer]) {
      await copiedMoreThan(world, (await world.copied()) + 200);
      await server.kill();
      await server.start();
    }
    await copiedMoreThan(world, await world.copied());
    await stream.update({ copy: { maxBytesPerSecond: 0 } });
    await live(stream);
    await load.stop();
    expect(await world.settle()).toEqual([]);
  },
);

test('what a crash of the target loses of a copy it loses with its progress', { timeout: 60_000 }, async () => {
  await using targetServer = await startPostgres({ settings: { wal_writer_delay: '10s' } });
  await using world = await shopWorld({ target: targetServer });
  const copying = await startCopy(optionsOf(world, 1_500_000));
  await copiedMoreThan(world, 1_000);
  copying.kill('SIGKILL');
  await copying.exited;
  await targetServer.kill();
  await targetServer.start();
  const rows =
    'SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM orders) + (SELECT count(*) FROM events) AS n';
  const [there] = await world.target.query<{ n: string }>(rows);
  expect(await world.copied()).toBe(Number(there?.n));
  await using second = await startCopy(optionsOf(world));
  await second.message('handover');
  expect(await world.settle()).toEqual([]);
});

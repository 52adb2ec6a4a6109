import { expect, test } from 'vitest';
import { until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';
import { routeShop } from './route-shop.ts';
import { routeStream } from './route-stream.ts';
import { arrives, run } from './route-world.ts';
import { fewRoutes } from './routes.ts';

test.each(fewRoutes())(
  'the whole schema of a shop at $source is copied to $target and followed while it is at work',
  { timeout: 120_000 },
  async (route) => {
    await using shop = await routeShop(route);
    const { source, target, tables } = shop;
    await using stream = routeStream({ ...shop.options, maxBytesPerSecond: 8_000_000 });
    await using work = shop.work();
    await stream.start();
    await live(stream);
    const { changes } = stream.stats().sink;
    await until(() => stream.stats().sink.changes > changes + 100, { describe: 'more work', timeout: 30_000 });
    await work.stop();
    await run(source, 'INSERT INTO marker VALUES (1)');
    await arrives(target, 'SELECT 1 FROM marker', stream);
    expect(await shop.differing()).toEqual([]);
    // Views are no tables.
    const made = await target.query<{ name: string }>(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
       AND TABLE_NAME NOT IN ('marker', 'checkpoint', 'copy_range')`,
    );
    expect(made.map(({ name }) => name).sort()).toEqual([...tables].sort());
    expect(stream.errors).toEqual([]);
  },
);

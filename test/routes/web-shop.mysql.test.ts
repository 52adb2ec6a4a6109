import { expect, test } from 'vitest';
import { type Program, startProgram, type TestDatabase, until } from '../harness/index.ts';
import { routeShop, type SourceShop } from './route-shop.ts';
import { type RouteStreamOptions, routeStream } from './route-stream.ts';
import { arrives, run } from './route-world.ts';
import { routes } from './routes.ts';
import { createWebShop, webShopTables } from './web-shop.ts';
import { workInWebShop } from './web-shop-work.ts';

const webShop: SourceShop = {
  tables: webShopTables,
  create: (database) => createWebShop(database as TestDatabase),
  work: workInWebShop,
};

const program = new URL('./route-stream.program.ts', import.meta.url);

const start = (options: RouteStreamOptions): Promise<Program> =>
  startProgram(program, { args: [JSON.stringify(options)] });

const kill = async (streaming: Program): Promise<void> => {
  streaming.kill('SIGKILL');
  await streaming.exited;
};

test.each(routes().filter(({ source, target }) => source === 'postgres' && target !== 'mariadb-10.11'))(
  'a web shop of sixteen tables at work is in $target, whose stream is killed twice in the copy and twice behind it',
  { timeout: 180_000 },
  async (route) => {
    await using shop = await routeShop(route, webShop);
    const { source, target, tables, options } = shop;
    const count = async (sql: string) => Number((await target.query<{ n: number }>(sql).catch(() => []))[0]?.n ?? 0);
    const copied = () => count('SELECT sum(`rows`) AS n FROM copy_range');
    const sold = () => count('SELECT count(*) AS n FROM order_items WHERE order_id > 900');
    {
      await using stream = routeStream(options);
      const { items } = await stream.validate();
      expect(items.filter(({ code }) => code === 'NOT_IN_STREAM').map(({ message }) => message)).toEqual([
        expect.stringMatching(/^Not in the stream, sequences: /),
        'Not in the stream, views: public.open_orders',
        'Not in the stream, materialized views: public.sales',
      ]);
    }
    await using work = shop.work();
    for (const rows of [300, 1_500]) {
      const copying = await start({ ...options, maxBytesPerSecond: 500_000 });
      await until(async () => (await copied()) > rows, { describe: `${rows} copied rows`, timeout: 30_000 });
      await kill(copying);
    }
    // What is known of how far tables are goes when all are there.
    expect(await copied()).toBeGreaterThan(0);
    for (let round = 0; round < 2; round++) {
      const streaming = await start(options);
      await streaming.message('live');
      const before = await sold();
      await until(async () => (await sold()) > before + 10, { describe: 'more to be sold', timeout: 30_000 });
      await kill(streaming);
    }
    await using last = await start(options);
    await last.message('live');
    await work.stop();
    await run(source, 'INSERT INTO marker VALUES (1)');
    await arrives(target, 'SELECT 1 FROM marker');
    expect(await shop.differing()).toEqual([]);
    expect(work.committed).toBeGreaterThan(500);
    // Neither views nor partitions are tables of their own.
    const made = await target.query<{ name: string }>(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
       AND TABLE_NAME NOT IN ('marker', 'checkpoint', 'copy_range')`,
    );
    expect(made.map(({ name }) => name).sort()).toEqual([...tables].sort());
  },
);

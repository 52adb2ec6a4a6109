import { expect, test } from 'vitest';
import { until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';
import { routeShop } from './route-shop.ts';
import { routeStream } from './route-stream.ts';
import { arrives, run } from './route-world.ts';
import { type Route, routes } from './routes.ts';

const wanted: readonly Route[] = [
  { source: 'postgres', target: 'mysql' },
  { source: 'mysql', target: 'mariadb-11.8' },
];
const met = wanted.filter(({ source, target }) =>
  routes().some((route) => route.source === source && route.target === target),
);

test.each(met)(
  'tables are added to a stream from $source to $target and mended beside it, while the shop is at work',
  { timeout: 120_000 },
  async (route) => {
    await using shop = await routeShop(route);
    const { source, target, tables } = shop;
    await using stream = routeStream({ ...shop.options, tables: ['orders', 'marker'] });
    await stream.start();
    await live(stream);
    await using work = shop.work();
    await stream.update({ tables: [...tables, 'marker'] });
    await live(stream);
    // Rows that somebody has spoilt at the target, of which the log says nothing, and one that the source never had.
    await target.query('UPDATE orders SET total = -1 WHERE id BETWEEN 100 AND 400; DELETE FROM orders WHERE id = 150');
    await target.query("SET sql_mode = ''");
    await target.query('INSERT INTO orders (id, total) SELECT 99999999, -2 FROM (SELECT 1) one');
    const isEnded = () => stream.backfills.some(({ table, state }) => /orders$/.test(table) && state === 'completed');
    await stream.backfill('orders', { where: 'id BETWEEN 50 AND 300 OR total = -2' });
    await until(isEnded, { describe: 'the backfill to end', timeout: 60_000 });
    await live(stream);
    await work.stop();
    await run(source, 'INSERT INTO marker VALUES (1)');
    await arrives(target, 'SELECT 1 FROM marker', stream);
    expect(await shop.differing(tables.filter((table) => table !== 'orders'))).toEqual([]);
    // Beyond the condition the rows are as they were.
    const spoilt = 'SELECT count(*) AS count FROM orders WHERE total = -1 AND id';
    expect(await target.query(`${spoilt} BETWEEN 50 AND 300`)).toEqual([{ count: 0 }]);
    expect(await target.query(`${spoilt} > 300`)).not.toEqual([{ count: 0 }]);
    expect(await target.query('SELECT 1 FROM orders WHERE id = 99999999')).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);

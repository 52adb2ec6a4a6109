import { expect, test } from 'vitest';
import { mysqlNames, sharedMysql, until } from '../../harness/index.ts';
import { shopStream } from '../../snapshot/shop-stream.ts';
import { live } from '../../snapshot/shop-world.ts';
import { mysqlShopTables, mysqlShopWorld, startMysqlLoad } from './mysql-shop.ts';

test.each(mysqlNames())(
  'tables of %s are added to a stream and copied anew beside it, while the application is at work',
  { timeout: 120_000 },
  async (name) => {
    await using world = await mysqlShopWorld(sharedMysql(name));
    const { source, target } = world;
    const first = ['orders', 'events'];
    await using stream = shopStream({ ...world.stream, tables: first });
    await using load = startMysqlLoad(source.url, name === 'mysql' ? 'MINIMAL' : 'FULL');
    await stream.start();
    await live(stream);
    await stream.update({ tables: [...mysqlShopTables] });
    const areLive = async () => {
      const [row] = await target.query<{ live: string }>(
        "SELECT count(*) AS live FROM millrace.checkpoint, jsonb_each(tables) t WHERE t.value ->> 'state' = 'live' AND sink = 'postgres'",
      );
      return Number(row?.live) === mysqlShopTables.length;
    };
    await until(areLive, { describe: 'the added tables to be live', timeout: 60_000 });
    // Rows that somebody has spoilt at the target, of which the log says nothing.
    await target.query(
      "UPDATE items SET filler = 'spoilt' WHERE id IN (SELECT id FROM items WHERE id > 0 ORDER BY id LIMIT 50)",
    );
    await target.query('UPDATE orders SET item = -1 WHERE id BETWEEN 100 AND 200');
    const ended: string[] = [];
    stream.on('backfill', ({ table, state }) => {
      if (state === 'completed') ended.push(table.replace(/^.*\./, ''));
    });
    await stream.backfill('items');
    await stream.backfill('orders', { where: 'id BETWEEN 50 AND 300' });
    await until(() => ['items', 'orders'].every((table) => ended.includes(table)), {
      describe: 'the backfills to end',
      timeout: 60_000,
    });
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);

import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { mysqlNames, sharedMysql, until } from '../../harness/index.ts';
import { shopStream } from '../../snapshot/shop-stream.ts';
import { live } from '../../snapshot/shop-world.ts';
import { mysqlShopTables, mysqlShopWorld, startMysqlLoad } from './mysql-shop.ts';

describe.each(mysqlNames())('%s', (name) => {
  test.each(['FULL', 'MINIMAL'] as const)(
    'a copy while the application is at work, whose updates say %s rows: the target equals its source',
    { timeout: 120_000 },
    async (image) => {
      await using world = await mysqlShopWorld(sharedMysql(name));
      await using stream = shopStream({ ...world.stream, tables: [...mysqlShopTables], maxBytesPerSecond: 3_000_000 });
      const handovers: string[] = [];
      stream.on('handover', ({ table }) => handovers.push(table));
      await using load = startMysqlLoad(world.source.url, image);
      await stream.start();
      const equal = live(stream);
      // Each key that changes in part is read again, and the table equals its source only behind that.
      if (image === 'MINIMAL') await Promise.race([equal, setTimeout(15_000).then(() => load.stop())]);
      await equal;
      expect(load.committed).toBeGreaterThan(50);
      const { changes } = stream.stats().sink;
      expect(changes).toBeGreaterThan(50);
      expect(handovers.sort()).toEqual([...mysqlShopTables].map((table) => `${world.source.name}.${table}`).sort());
      // And it goes on.
      await using more = startMysqlLoad(world.source.url, image, 1);
      await until(() => stream.stats().sink.changes > changes, { describe: 'more changes' });
      await Promise.all([load.stop(), more.stop()]);
      expect(await world.settle()).toEqual([]);
      expect(stream.errors).toEqual([]);
    },
  );
});

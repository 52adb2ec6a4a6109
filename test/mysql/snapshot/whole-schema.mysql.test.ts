import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  mysqlNames,
  sharedMysql,
  sharedPostgres,
  until,
} from '../../harness/index.ts';
import { live } from '../../snapshot/shop-world.ts';
import { createWebShop, differingTables, webShopTables, workInWebShop } from './web-shop.ts';

test.each(mysqlNames())(
  'a whole schema of %s is copied and followed while the shop is at work',
  {
    timeout: 120_000,
  },
  async (name) => {
    await using source = await createMysqlDatabase(sharedMysql(name));
    await using target = await createDatabase(sharedPostgres());
    await createWebShop(source);
    await using stream = createStream({
      id: 'web-shop',
      source: mysqlSource({ connection: source.url }),
      sink: postgresSink({ connection: target.url, targetSchema: 'public' }),
      copy: { maxBytes: 32 * 1024, maxBytesPerSecond: 4_000_000 },
    });
    await using work = workInWebShop(source.url);
    await stream.start();
    await live(stream);
    const { committed } = work;
    await until(() => work.committed > committed + 100, { describe: 'more work', timeout: 30_000 });
    await work.stop();
    let found: readonly string[] = [];
    const areEqual = async () => {
      found = await differingTables(source, target);
      return found.length === 0;
    };
    await until(areEqual, { describe: 'equal tables', timeout: 20_000 }).catch(() => {});
    expect(found).toEqual([]);
    // Views are no tables; a table without a key is one that is told apart by all its values.
    const made = await target.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
    );
    expect(made.map((table) => table.name).sort()).toEqual([...webShopTables].sort());
    expect(stream.errors).toEqual([]);
  },
);

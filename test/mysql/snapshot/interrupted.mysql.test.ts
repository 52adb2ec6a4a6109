import { expect, test } from 'vitest';
import { mysqlNames, sharedMysql, startMysql, until } from '../../harness/index.ts';
import { copiedMoreThan, killCopies, killRounds } from '../../snapshot/copy-program.ts';
import { shopStream } from '../../snapshot/shop-stream.ts';
import { live } from '../../snapshot/shop-world.ts';
import { mysqlShopTables, mysqlShopWorld, startMysqlLoad } from './mysql-shop.ts';

const tables = [...mysqlShopTables];

test.each(mysqlNames())(
  `from %s, killed in the middle of a copy under load, ${killRounds} times: nothing durable is read again, nothing is missing`,
  { timeout: 120_000 + killRounds * 15_000 },
  async (name) => {
    await using world = await mysqlShopWorld(sharedMysql(name));
    await using load = startMysqlLoad(world.source.url, name === 'mysql' ? 'MINIMAL' : 'FULL');
    await killCopies(world, load, { ...world.stream, tables });
  },
);

test.each(mysqlNames())(
  'from %s, whose server crashes in the middle of a copy under load',
  { timeout: 120_000 },
  async (name) => {
    await using server = await startMysql({ name });
    await using world = await mysqlShopWorld(server);
    await using stream = shopStream({ ...world.stream, tables, maxBytesPerSecond: 1_500_000 });
    await using load = startMysqlLoad(world.source.url);
    await stream.start();
    await copiedMoreThan(world, 1_000);
    await server.kill();
    await server.start();
    await stream.update({ copy: { maxBytesPerSecond: 0 } });
    await live(stream);
    await load.stop();
    expect(await world.settle()).toEqual([]);
  },
);

test.each(mysqlNames())(
  'from %s, whose table is altered and swapped while it is copied: it starts over',
  {
    timeout: 120_000,
  },
  async (name) => {
    await using world = await mysqlShopWorld(sharedMysql(name));
    const { source } = world;
    await using stream = shopStream({ ...world.stream, tables, maxBytesPerSecond: 700_000, schemaChanges: 'evolve' });
    const warnings: string[] = [];
    stream.on('warning', ({ code }) => warnings.push(code));
    await stream.start();
    await copiedMoreThan(world, 500);
    await source.query("ALTER TABLE items ADD COLUMN color varchar(10) DEFAULT 'red'");
    await until(() => warnings.includes('COPY_OUTDATED'), { describe: 'the copy to start over', timeout: 30_000 });
    await source.query(`CREATE TABLE other LIKE orders; INSERT INTO other SELECT * FROM orders WHERE id % 2 = 0;
    RENAME TABLE orders TO gone, other TO orders`);
    await stream.update({ copy: { maxBytesPerSecond: 0 } });
    await live(stream);
    expect(await world.settle()).toEqual([]);
  },
);

import { expect, test } from 'vitest';
import { mysqlNames, type Program, sharedMysql, startMysql, startProgram, until } from '../../harness/index.ts';
import { type ShopStreamOptions, shopStream } from '../../snapshot/shop-stream.ts';
import { live } from '../../snapshot/shop-world.ts';
import { type MysqlShopWorld, mysqlShopTables, mysqlShopWorld, startMysqlLoad } from './mysql-shop.ts';

/** A few here; as many as wanted with the variable. */
const rounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 4);
const program = new URL('../../snapshot/copy.program.ts', import.meta.url);

const start = (options: ShopStreamOptions): Promise<Program> =>
  startProgram(program, { args: [JSON.stringify(options)] });

const tables = [...mysqlShopTables];

const copiedMoreThan = (world: MysqlShopWorld, rows: number): Promise<void> =>
  until(async () => (await world.copied()) > rows, { describe: `more than ${rows} copied rows`, timeout: 30_000 });

test.each(mysqlNames())(
  `from %s, killed in the middle of a copy under load, ${rounds} times: nothing durable is read again, nothing is missing`,
  { timeout: 120_000 + rounds * 15_000 },
  async (name) => {
    await using world = await mysqlShopWorld(sharedMysql(name));
    const options = { ...world.stream, tables, maxBytesPerSecond: 1_500_000 };
    await using load = startMysqlLoad(world.source.url, name === 'mysql' ? 'MINIMAL' : 'FULL');
    let copied = 0;
    for (let round = 0; round < rounds; round++) {
      const copying = await start(options);
      // Half of the kills come while it is still opening, for all that is known.
      if (round % 2 === 0) await copiedMoreThan(world, copied + 300);
      else await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 600));
      copying.kill('SIGKILL');
      await copying.exited;
      const now = await world.copied();
      expect(now).toBeGreaterThanOrEqual(copied);
      copied = now;
    }
    expect(copied).toBeGreaterThan(500);
    await using last = await start({ ...options, maxBytesPerSecond: 0 });
    await last.message('handover');
    await load.stop();
    expect(await world.settle()).toEqual([]);
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

import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
  sharedPostgres,
  startProgram,
  uniqueName,
  until,
} from '../harness/index.ts';
import { type RouteStreamOptions, routeStream } from '../routes/route-stream.ts';
import { describedStructure } from './described-mysql.ts';

const columns = ['a', 'b', 'c'];

const shop = `
  CREATE TABLE users (id serial PRIMARY KEY, ${columns.map((name) => `${name} int DEFAULT 7 UNIQUE`).join(', ')});
  CREATE TABLE orders (id serial PRIMARY KEY, ${columns.map((name) => `${name} int DEFAULT 8 REFERENCES users`).join(', ')});
  ${columns.map((name) => `CREATE INDEX by_${name} ON orders (${name}, id)`).join('; ')};
  COMMENT ON TABLE users IS 'people'; COMMENT ON TABLE orders IS 'theirs';
  INSERT INTO users SELECT g, ${columns.map(() => 'g').join(', ')} FROM generate_series(1, 2000) g;
  INSERT INTO orders SELECT g, ${columns.map(() => 'g').join(', ')} FROM generate_series(1, 2000) g`;

const size = async (database: MysqlTestDatabase): Promise<number> =>
  Object.values(await describedStructure(database)).flat().length;

const program = new URL('../routes/route-stream.program.ts', import.meta.url);

describe.each(mysqlNames())('structure at %s', (name) => {
  it('is made to its end, whenever the process is killed that makes it', { timeout: 120_000 }, async () => {
    const server = sharedMysql(name);
    await using source = await createDatabase(sharedPostgres());
    await using undisturbed = await createMysqlDatabase(server);
    await using target = await createMysqlDatabase(server);
    await source.query(shop);
    const options = (url: string): RouteStreamOptions => ({
      source: source.url,
      target: url,
      slot: uniqueName('slot'),
      tables: [{ name: 'public.users' }, { name: 'public.orders' }],
      structure: 'all',
    });
    await using stream = routeStream(options(undisturbed.url));
    await stream.start();
    const isPlanned = async () => (await stream.planSchema()).statements.length > 0;
    await until(async () => !(await isPlanned()), { describe: 'the structure to be made', timeout: 30_000 });
    await stream.stop();
    const expected = await describedStructure(undisturbed);
    const whole = Object.values(expected).flat().length;

    const own = options(target.url);
    const waiting = `SELECT 1 FROM information_schema.PROCESSLIST
      WHERE INFO LIKE 'ALTER TABLE \`${target.name}\`%' AND STATE LIKE 'Waiting for table metadata lock%'`;
    let kills = 0;
    for (let known = 0; known < whole; kills++) {
      const running = await startProgram(program, { args: [JSON.stringify(own)] });
      const isThere = kills > 0;
      await using reader = await target.connect();
      // A statement that waits goes on at the server when the process is gone, and so does what it did before.
      if (isThere && kills % 2 === 0) {
        await reader.query('BEGIN');
        await reader.query('SELECT 1 FROM users, orders LIMIT 1');
        const isWaiting = async () => (await target.query(waiting)).length > 0 || (await size(target)) === whole;
        await until(isWaiting, { describe: 'a statement that waits', timeout: 30_000 });
      } else
        await until(async () => (await size(target)) > known, { describe: 'more of the structure', timeout: 30_000 });
      running.kill('SIGKILL');
      await running.exited;
      await reader.query('ROLLBACK');
      known = await size(target);
    }
    expect(kills).toBeGreaterThan(2);
    expect(await describedStructure(target)).toEqual(expected);
    await using last = routeStream(own);
    await last.start();
    expect((await last.planSchema()).statements).toEqual([]);
    await last.delete();
    await stream.delete();
  });
});

import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  type MysqlProcess,
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
    await until(async () => (await stream.planSchema()).statements.length === 0, {
      describe: 'the structure to be made',
      timeout: 30_000,
    });
    await stream.stop();
    const expected = await describedStructure(undisturbed);

    // Slow enough that the tables are in somebody's hands before they are live.
    const own = { ...options(target.url), maxBytesPerSecond: 50_000 };
    const waits = ({ statement, state }: MysqlProcess) =>
      statement.startsWith(`ALTER TABLE \`${target.name}\``) && state.startsWith('Waiting for table metadata lock');
    const tables = 'SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?, ?)';
    const areThere = async () => (await target.query(tables, ['users', 'orders'])).length === 2;
    const isWaiting = async () => (await target.processes()).some(waits);
    for (let kill = 0; kill < 4; kill++) {
      const running = await startProgram(program, { args: [JSON.stringify(own)] });
      await using reader = await target.connect();
      await until(areThere, { describe: 'the tables', timeout: 30_000 });
      await reader.query('BEGIN');
      await reader.query('SELECT 1 FROM users, orders LIMIT 1');
      await until(isWaiting, { describe: 'a statement that waits', timeout: 30_000 });
      running.kill('SIGKILL');
      await running.exited;
      // The statement goes on at the server when the process is gone.
      await reader.query('ROLLBACK');
    }
    expect(await describedStructure(target)).not.toEqual(expected);
    await using last = routeStream(own);
    await last.start();
    const isMade = async () => (await last.planSchema()).statements.length === 0;
    await until(isMade, { describe: 'the rest of the structure', timeout: 30_000 });
    expect(await describedStructure(target)).toEqual(expected);
    await last.delete();
    await stream.delete();
  });
});

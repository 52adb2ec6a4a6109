import { expect, test } from 'vitest';
import { live } from '../snapshot/shop-world.ts';
import { routeStream } from './route-stream.ts';
import { arrives, routeWorld, run } from './route-world.ts';
import { routes } from './routes.ts';

test.each(routes())(
  'from $source to $target, tables are copied and followed where the target numbers their rows by itself',
  { timeout: 60_000 },
  async (route) => {
    await using world = await routeWorld(route);
    const { source, target } = world;
    for (const table of ['visits', 'clicks']) {
      await run(source, `CREATE TABLE ${table} (page int, note varchar(20))`);
      if (route.source === 'postgres') await run(source, `ALTER TABLE ${table} REPLICA IDENTITY FULL`);
      await run(source, `INSERT INTO ${table} VALUES (1, 'same'), (1, 'same'), (1, 'same'), (2, NULL), (2, NULL)`);
    }
    await run(source, 'CREATE TABLE people (id int PRIMARY KEY, badge int UNIQUE, page int)');
    await run(source, 'INSERT INTO people VALUES (1, 10, 0), (2, 20, 0), (3, NULL, 0), (4, 40, 0), (5, 50, 0)');
    await target.query('CREATE TABLE visits (id bigint AUTO_INCREMENT PRIMARY KEY, page int, note varchar(20))');
    await target.query(
      route.target === 'mysql'
        ? 'SET SESSION sql_generate_invisible_primary_key = ON; CREATE TABLE clicks (page int, note varchar(20))'
        : 'CREATE TABLE clicks (number bigint AUTO_INCREMENT INVISIBLE PRIMARY KEY, page int, note varchar(20))',
    );
    await target.query(
      'CREATE TABLE people (number int AUTO_INCREMENT PRIMARY KEY, id int NOT NULL UNIQUE, badge int UNIQUE, page int)',
    );
    await using stream = routeStream(world.options);
    await stream.start();
    await live(stream);
    for (const table of ['visits', 'clicks']) {
      await run(source, `INSERT INTO ${table} VALUES (3, 'new'), (3, 'new'), (3, 'new')`);
      await run(source, `UPDATE ${table} SET note = 'all' WHERE page = 2`);
    }
    const one = (table: string) =>
      route.source === 'postgres' ? `ctid = (SELECT min(ctid) FROM ${table} WHERE page = 1)` : 'page = 1 LIMIT 1';
    await run(source, `UPDATE visits SET note = 'one' WHERE ${one('visits')}`);
    await run(source, `DELETE FROM clicks WHERE ${one('clicks')}`);
    await run(source, 'UPDATE people SET badge = NULL WHERE id = 1');
    await run(source, 'UPDATE people SET badge = 10 WHERE id = 2');
    await run(source, 'UPDATE people SET page = 1');
    await run(source, 'INSERT INTO people VALUES (6, 60, 2)');
    await arrives(target, 'SELECT 1 FROM people WHERE id = 6', stream);
    for (const table of ['visits', 'clicks', 'people']) {
      const rows = `SELECT ${table === 'people' ? 'id, badge, page' : 'page, note'} FROM ${table} ORDER BY 1, 2`;
      expect(await run(target, rows)).toEqual(await run(source, rows));
    }
    expect(stream.errors).toEqual([]);
  },
);

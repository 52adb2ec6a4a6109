import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, uniqueName } from '../../../test/harness/index.ts';
import { nextChanges, readUntil, StreamDriver } from './stream-driver.test-support.ts';

describe.each(postgresVersions())('the source on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('begins, delivers transactions in order and continues after what was acknowledged', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE users (id int PRIMARY KEY, name text)');
    const streamId = uniqueName('s');
    const options = { connection: database.url, streamId };
    let position = '';
    {
      await using driver = new StreamDriver(options);
      const start = await driver.start();
      expect(driver.claims).toBe(1);
      await database.query("INSERT INTO users VALUES (1, 'a'), (2, 'b')");
      await database.query("UPDATE users SET name = 'c' WHERE id = 2");
      const read = await readUntil(driver.read(start), (change) => change.op === 'update');
      expect(read.changes.map(({ op, table, after }) => [op, table, after])).toEqual([
        ['insert', 'public.users', { id: 1, name: 'a' }],
        ['insert', 'public.users', { id: 2, name: 'b' }],
        ['update', 'public.users', { id: 2, name: 'c' }],
      ]);
      position = read.position;
      driver.source.acknowledge(position);
    }
    await database.query('DELETE FROM users WHERE id = 1');
    await using driver = new StreamDriver(options);
    await driver.source.open(driver.context);
    const batch = await nextChanges(driver.read(position));
    expect([...batch.changes].map(({ op, before }) => [op, before])).toEqual([['delete', { id: 1 }]]);
  });
});

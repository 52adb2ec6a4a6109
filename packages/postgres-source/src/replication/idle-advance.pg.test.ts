import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, uniqueName, until } from '../../../../test/harness/index.ts';
import { parseLsn } from '../lsn.ts';
import { nextBatch, StreamDriver } from '../stream-driver.test-support.ts';

describe.each(postgresVersions())('an idle stream on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it.each(['a busy neighbour database', 'a busy unpublished table'] as const)('advances beside %s', async (what) => {
    await using database = await createDatabase(server);
    await using neighbour = await createDatabase(server);
    await database.query('CREATE TABLE published (id int PRIMARY KEY)');
    const busy = what === 'a busy neighbour database' ? neighbour : database;
    await busy.query('CREATE TABLE busy (id int PRIMARY KEY, filler text)');
    const streamId = uniqueName('s');
    const options = { connection: database.url, streamId, tables: ['published'], heartbeatEvery: 100 };
    await using driver = new StreamDriver(options);
    const start = await driver.start();
    const batches = driver.read(start);
    await busy.query("INSERT INTO busy SELECT g, repeat('x', 100) FROM generate_series(1, 10000) g");
    const { position: reached } = await driver.source.head();
    for (;;) {
      const batch = await nextBatch(batches);
      if (batch.position === null) throw new Error('a part on an idle stream');
      expect([...batch.changes]).toEqual([]);
      driver.source.acknowledge(batch.position);
      if (parseLsn(batch.position) >= parseLsn(reached)) break;
    }
    const caughtUp = async () => {
      const [row] = await database.query<{ lsn: string }>(
        'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE database = $1',
        [database.name],
      );
      return parseLsn(row?.lsn ?? '0/0') >= parseLsn(reached);
    };
    await until(caughtUp, { describe: 'the slot to advance' });
  });

  it('waits between heartbeats', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE published (id int PRIMARY KEY)');
    await database.query('CREATE TABLE busy (id int)');
    const options = { connection: database.url, streamId: uniqueName('s'), tables: ['published'], heartbeatEvery: 400 };
    await using driver = new StreamDriver(options);
    const batches = driver.read(await driver.start());
    const times: number[] = [];
    let done = false;
    const writing = (async () => {
      while (!done) await database.query('INSERT INTO busy VALUES (1)');
    })();
    for (let count = 0; count < 3; count++) {
      await nextBatch(batches);
      times.push(performance.now());
    }
    done = true;
    await writing;
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(395);
  });
});

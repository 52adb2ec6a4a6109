import type { Change } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, uniqueName, until } from '../../../../test/harness/index.ts';
import { nextBatch, nextChanges, StreamDriver } from '../stream-driver.test-support.ts';

describe.each(postgresVersions())('what is acknowledged, on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('is confirmed exactly, so that a commit that begins there is not skipped', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const streamId = uniqueName('s');
    // Each transaction comes in a batch of its own, however close they are.
    const options = { connection: database.url, streamId, batch: { maxChanges: 1 } };
    const [one, two] = [await database.connect(), await database.connect()];
    const id = (change: Change | undefined) => (change?.after as { id: number } | undefined)?.id;
    for (let attempt = 1; ; attempt += 2) {
      await using driver = new StreamDriver(options);
      await driver.source.open(driver.context);
      const start = await driver.begin(attempt > 1, false, 'latest');
      const batches = driver.read(start);
      // The first change of a transaction writes log, so both are begun before either commits.
      await one.query('BEGIN');
      await one.query(`INSERT INTO t VALUES (${attempt})`);
      await two.query('BEGIN');
      await two.query(`INSERT INTO t VALUES (${attempt + 1})`);
      await Promise.all([one.query('COMMIT'), two.query('COMMIT')]);
      const { position } = await nextChanges(batches);
      const [change] = (await nextChanges(batches)).changes;
      if (position === null) throw new Error('a part');
      // Something else of the server may have come in between.
      if (change?.transaction?.id !== position) {
        if (attempt > 200) throw new Error('no two commits met');
        continue;
      }
      driver.source.acknowledge(position);
      await driver.source.close();
      const confirmed = 'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE database = $1';
      expect(await database.query(confirmed, [database.name])).toEqual([{ lsn: position }]);
      await using again = new StreamDriver(options);
      await again.source.open(again.context);
      const [redelivered] = (await nextChanges(again.read(position))).changes;
      expect(id(redelivered)).toBe(id(change));
      return;
    }
  });

  it('is nothing but that: neither receiving nor time confirms anything', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    await database.query(`ALTER DATABASE ${database.name} SET wal_sender_timeout = '600ms'`);
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), heartbeatEvery: 50 });
    const start = await driver.start();
    const batches = driver.read(start);
    await database.query('INSERT INTO t VALUES (1)');
    const { position } = await nextChanges(batches);
    await database.query('CREATE TABLE unpublished (id int)');
    await nextBatch(batches);
    const state = async () => {
      const [row] = await database.query<{ confirmed: string; replies: number }>(
        `SELECT s.confirmed_flush_lsn::text AS confirmed, r.reply_time AS replies
         FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid WHERE s.database = $1`,
        [database.name],
      );
      return row;
    };
    const before = await state();
    await until(async () => String((await state())?.replies) !== String(before?.replies), { describe: 'a status' });
    expect((await state())?.confirmed).toBe(start);
    driver.source.acknowledge(position ?? '');
    await until(async () => (await state())?.confirmed === position, { describe: 'the acknowledgement to arrive' });
  });

  it('arrives with the last words, however much was sent and not read', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY, filler text)');
    const batch = { maxChanges: 100, maxBytes: 64 * 1024 };
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), batch });
    const batches = driver.read(await driver.start());
    for (let id = 0; id < 3_000; id += 10) {
      await database.query("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series($1::int, $1::int + 9) g", [
        id,
      ]);
    }
    const { position } = await nextChanges(batches);
    driver.source.acknowledge(position ?? '');
    await driver.source.close();
    const [row] = await database.query(
      'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE database = $1',
      [database.name],
    );
    expect(row).toEqual({ lsn: position });
  });

  it('never moves back', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    const start = await driver.start();
    const batches = driver.read(start);
    await database.query('INSERT INTO t VALUES (1)');
    const { position } = await nextChanges(batches);
    driver.source.acknowledge(position ?? '');
    driver.source.acknowledge(start);
    await driver.source.close();
    const [row] = await database.query(
      'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE database = $1',
      [database.name],
    );
    expect(row).toEqual({ lsn: position });
  });
});

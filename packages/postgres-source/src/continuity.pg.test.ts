import { execFile } from 'node:child_process';
import { appendFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createDatabase,
  knownPostgresVersions,
  newestPostgres,
  type PostgresServer,
  startPostgres,
  uniqueName,
  until,
} from '../../../test/harness/index.ts';
import { nextBatch, nextChanges, readUntil, StreamDriver } from './stream-driver.test-support.ts';

const run = promisify(execFile);

describe.each([knownPostgresVersions[0], newestPostgres])('continuing on PostgreSQL %i', (version) => {
  let server: PostgresServer;
  const settings = { max_slot_wal_keep_size: '32MB', max_wal_size: '64MB', min_wal_size: '32MB' };
  beforeAll(async () => {
    server = await startPostgres({ version, settings });
  });
  afterAll(() => server.stop());

  const prepared = async () => {
    const database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY, filler text)');
    return { database, options: { connection: database.url, streamId: uniqueName('s') } };
  };

  const kept = () => `${server.dataDirectory}.kept`;
  const keepData = async () => {
    await server.shutdown('fast');
    await run('cp', ['-a', server.dataDirectory, kept()]);
    await server.start();
  };
  const setBack = async (prepare: () => Promise<void> = async () => {}) => {
    await server.shutdown('fast');
    await run('rm', ['-r', server.dataDirectory]);
    await run('mv', [kept(), server.dataDirectory]);
    await prepare();
    await server.start();
  };

  it('is refused when the slot is confirmed past the position', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    let start = '';
    {
      await using driver = new StreamDriver(options);
      start = await driver.start();
      await database.query('INSERT INTO t VALUES (1)');
      const { position } = await readUntil(driver.read(start), () => true);
      driver.source.acknowledge(position);
    }
    await using driver = new StreamDriver(options);
    await driver.source.open(driver.context);
    const refused = { code: 'SLOT_AHEAD', recovery: 'recover' };
    await expect(nextBatch(driver.read(start))).rejects.toMatchObject(refused);
    await expect(driver.begin(true, false, { position: start })).rejects.toMatchObject(refused);
  });

  it('is refused when the server was set back, with the slot, to before the position', {
    timeout: 60_000,
  }, async () => {
    const { database, options } = await prepared();
    await using _ = database;
    let position = '';
    {
      await using driver = new StreamDriver(options);
      position = await driver.start();
    }
    await keepData();
    {
      await using driver = new StreamDriver(options);
      await driver.source.open(driver.context);
      await database.query("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 5000) g");
      ({ position } = await readUntil(driver.read(position), () => true));
    }
    await setBack();
    // Nobody would ever read it.
    await database.query('INSERT INTO t VALUES (1)');
    await using driver = new StreamDriver(options);
    await driver.source.open(driver.context);
    const refused = { code: 'SOURCE_BEHIND', recovery: 'recover' };
    await expect(nextBatch(driver.read(position))).rejects.toMatchObject(refused);
  });

  it('is refused when the server went on from an earlier place, and has log beyond the position again', {
    timeout: 60_000,
  }, async () => {
    const { database, options } = await prepared();
    await using _ = database;
    const insert = (from: number) =>
      database.query('INSERT INTO t SELECT g, repeat($1, 1000) FROM generate_series($2::int, $2::int + 999) g', [
        'x',
        from,
      ]);
    await using driver = new StreamDriver(options);
    const start = await driver.start();
    await driver.source.close();
    await keepData();
    await driver.source.open(driver.context);
    await insert(0);
    const { position } = await readUntil(driver.read(start), () => true);
    await driver.source.close();
    await setBack(async () => {
      // As a standby that had not got so far: it is promoted, and begins a timeline.
      await writeFile(`${server.dataDirectory}/recovery.signal`, '');
      await appendFile(`${server.dataDirectory}/postgresql.conf`, "restore_command = 'false'\n");
    });
    await until(async () => (await database.query('SELECT WHERE NOT pg_is_in_recovery()')).length === 1, {
      describe: 'a server of its own',
    });
    await insert(10_000);
    await insert(20_000);
    await driver.source.open(driver.context);
    const refused = { code: 'SOURCE_BEHIND', recovery: 'recover', details: { timeline: 1, now: 2 } };
    await expect(nextBatch(driver.read(position))).rejects.toMatchObject(refused);
    await driver.source.close();
    // Before the place where the timeline began nothing is another one.
    await driver.source.open(driver.context);
    const { changes } = await readUntil(driver.read(start), ({ image }) => image.after?.text(0) === '20999');
    expect(changes).toHaveLength(2_000);
  });

  it.runIf(version >= 17)(
    'waits for the promotion of a standby to which slots are synchronised',
    {
      timeout: 60_000,
    },
    async () => {
      const { database, options } = await prepared();
      await using _ = database;
      await using driver = new StreamDriver({ ...options, failover: true });
      const start = await driver.start();
      await database.query('INSERT INTO t VALUES (1)');
      await driver.source.close();
      await server.shutdown('fast');
      await writeFile(`${server.dataDirectory}/standby.signal`, '');
      await server.start();
      await driver.source.open(driver.context);
      const refused = { code: 'IN_RECOVERY', recovery: 'retry' };
      await expect(nextBatch(driver.read(start))).rejects.toMatchObject(refused);
      await driver.source.close();
      await database.query('SELECT pg_promote()');
      await driver.source.open(driver.context);
      expect((await nextChanges(driver.read(start))).changes).toHaveLength(1);
    },
  );

  it('is refused when the slot is gone', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    await using driver = new StreamDriver(options);
    const start = await driver.start();
    await database.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
    const lost = { code: 'SLOT_MISSING', recovery: 'recover' };
    await expect(nextBatch(driver.read(start))).rejects.toMatchObject(lost);
    await expect(driver.source.retention(driver.context.streamId)).rejects.toMatchObject(lost);
  });

  it('is refused when the server has given the slot up', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    await using driver = new StreamDriver(options);
    const start = await driver.start();
    const retention = await driver.source.retention(driver.context.streamId);
    expect(retention.limit).toBeGreaterThan(8 * 1024 * 1024);
    await until(
      async () => {
        await database.query("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 20000) g");
        await database.query('TRUNCATE t');
        await database.query('SELECT pg_switch_wal()');
        await database.query('CHECKPOINT');
        const [slot] = await database.query<{ wal_status: string }>('SELECT wal_status FROM pg_replication_slots');
        return slot?.wal_status === 'lost';
      },
      { describe: 'the slot to be lost', timeout: 30_000 },
    );
    const lost = { code: 'SLOT_LOST', recovery: 'recover' };
    await expect(nextBatch(driver.read(start))).rejects.toMatchObject(lost);
    expect(await driver.source.retention(driver.context.streamId)).toMatchObject({ limit: 0 });
    const { items } = await driver.source.validate(driver.context);
    const failures = items.filter(({ state, level }) => state === 'failed' && level === 'error');
    expect(failures.map(({ code }) => code)).toEqual(['SLOT_LOST']);
  });

  it('does not hold up a fast shutdown of the server, and goes on after it', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    await using driver = new StreamDriver(options);
    const start = await driver.start();
    const batches = driver.read(start);
    await database.query('INSERT INTO t VALUES (1)');
    let position = start;
    const reading = (async () => {
      for (;;) {
        const batch = await nextBatch(batches);
        position = batch.position ?? position;
        driver.source.acknowledge(position);
      }
    })().catch((error) => error);
    await until(() => position !== start, { describe: 'the first row' });
    const began = performance.now();
    await server.shutdown('fast');
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await reading).toMatchObject({ recovery: 'retry' });
    await expect(driver.source.head()).rejects.toMatchObject({ code: 'CONNECTION_FAILED', recovery: 'retry' });
    await server.start();
    await database.query('INSERT INTO t VALUES (2)');
    await using again = new StreamDriver(options);
    await again.source.open(again.context);
    const { changes } = await readUntil(again.read(position), () => true);
    expect(changes.map(({ after }) => after)).toEqual([{ id: 2, filler: null }]);
  });

  it('lets the server go after a while when nobody reads what it has sent', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    await using driver = new StreamDriver({ ...options, batch: { maxChanges: 100, maxBytes: 64 * 1024 } });
    const batches = driver.read(await driver.start());
    await database.query("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 20000) g");
    await nextChanges(batches);
    await driver.source.head();
    const began = performance.now();
    await server.shutdown('fast');
    expect(performance.now() - began).toBeLessThan(15_000);
    await expect(batches.next()).rejects.toMatchObject({ code: 'SOURCE_SHUTTING_DOWN', recovery: 'retry' });
    await server.start();
  });

  it('lets the server go after a while when no sink takes anything', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    await using driver = new StreamDriver(options);
    const batches = driver.read(await driver.start());
    await database.query('INSERT INTO t VALUES (1)');
    await nextChanges(batches);
    driver.source.acknowledge((await driver.source.head()).position.replace(/.$/, '0'));
    await database.query('INSERT INTO t VALUES (2)');
    const next = nextChanges(batches);
    expect((await next).changes.length).toBe(1);
    const settled = nextBatch(batches).then(
      () => nextBatch(batches),
      (error) => error,
    );
    const ended = settled.catch((error) => error);
    const began = performance.now();
    await server.shutdown('fast');
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(await ended).toMatchObject({ recovery: 'retry' });
    await server.start();
  });
});

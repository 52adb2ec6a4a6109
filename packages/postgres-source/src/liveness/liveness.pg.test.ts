import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  openSockets,
  postgresVersions,
  sharedPostgres,
  startProxy,
  uniqueName,
  until,
} from '../../../../test/harness/index.ts';
import { nextChanges, StreamDriver } from '../stream-driver.test-support.ts';

const pidOf = 'SELECT active_pid AS pid FROM pg_replication_slots WHERE database = $1';

describe.each(postgresVersions())('a connection to PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);
  const prepare = async (timeout: string) => {
    const database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY, filler text)');
    await database.query(`ALTER DATABASE ${database.name} SET wal_sender_timeout = '${timeout}'`);
    return database;
  };

  it('outlives a consumer that takes nothing for three timeouts, in bounded memory', async () => {
    await using database = await prepare('1s');
    const batch = { maxChanges: 500, maxBytes: 256 * 1024 };
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), batch });
    const batches = driver.read(await driver.start());
    const rows = 40_000;
    for (let from = 0; from < rows; from += 1_000) {
      await database.query("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series($1::int, $1::int + 999) g", [
        from,
      ]);
    }
    let count = (await nextChanges(batches)).changes.length;
    const [before] = await database.query(pidOf, [database.name]);
    await setTimeout(100);
    const memory = process.memoryUsage().rss;
    await setTimeout(3_200);
    const growth = process.memoryUsage().rss - memory;
    expect(await database.query(pidOf, [database.name])).toEqual([before]);
    expect(growth).toBeLessThan(10 * 1024 * 1024);
    while (count < rows) count += (await nextChanges(batches)).changes.length;
    expect(count).toBe(rows);
    expect(await database.query(pidOf, [database.name])).toEqual([before]);
  });

  it('outlives idleness for three timeouts', async () => {
    await using database = await prepare('1s');
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    const batches = driver.read(await driver.start());
    const next = nextChanges(batches);
    await setTimeout(3_200);
    await database.query('INSERT INTO t VALUES (1)');
    expect((await next).changes.length).toBe(1);
  });

  it('is given up with a retryable error when the network swallows everything', async () => {
    await using database = await prepare('1s');
    await using proxy = await startProxy({ target: server });
    await using driver = new StreamDriver({ connection: proxy.url(database.name), streamId: uniqueName('s') });
    const batches = driver.read(await driver.start());
    const next = nextChanges(batches);
    await setTimeout(200);
    proxy.freeze();
    const began = performance.now();
    await expect(next).rejects.toMatchObject({ code: 'SOURCE_SILENT', recovery: 'retry' });
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('is not given up for silence while nothing is read', async () => {
    await using database = await prepare('1s');
    await using proxy = await startProxy({ target: server });
    const batch = { maxChanges: 100, maxBytes: 64 * 1024 };
    await using driver = new StreamDriver({ connection: proxy.url(database.name), streamId: uniqueName('s'), batch });
    const batches = driver.read(await driver.start());
    await database.query("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 2000) g");
    await nextChanges(batches);
    await setTimeout(200);
    proxy.freeze();
    await setTimeout(3_000);
    // What was read ahead is still there.
    expect((await nextChanges(batches)).changes.length).toBeGreaterThan(0);
  });

  it('closes within its bound on a frozen network, and leaves no socket', async () => {
    await using database = await prepare('60s');
    await using proxy = await startProxy({ target: server });
    const sockets = openSockets();
    const driver = new StreamDriver({ connection: proxy.url(database.name), streamId: uniqueName('s') });
    const batches = driver.read(await driver.start());
    await database.query("INSERT INTO t VALUES (1, '')");
    await nextChanges(batches);
    const next = batches.next();
    proxy.freeze();
    const head = driver.source.head().catch((error) => error.code);
    const began = performance.now();
    await driver[Symbol.asyncDispose]();
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await head).toBe('CONNECTION_LOST');
    proxy.cut();
    await until(() => openSockets() === sockets, { describe: 'no socket' });
  });
});

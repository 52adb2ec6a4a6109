import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, uniqueName } from '../../../../test/harness/index.ts';
import { nextChanges, StreamDriver } from '../stream-driver.test-support.ts';

const slots = 'SELECT slot_name, active_pid FROM pg_replication_slots WHERE database = $1';

describe.each(postgresVersions())('a slot that is in use, on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('is taken over from the same stream in another process, which gets a retryable error', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const options = { connection: database.url, streamId: `Stream ${uniqueName('s')} ${'é'.repeat(40)}` };
    await using first = new StreamDriver(options);
    const start = await first.start();
    const lost = nextChanges(first.read(start));
    await new Promise((resolve) => setImmediate(resolve));
    const settled = lost.catch((error) => error);
    await untilActive(database);
    await using second = new StreamDriver(options);
    await second.source.open(second.context);
    const next = nextChanges(second.read(start));
    expect(await settled).toMatchObject({ recovery: 'retry' });
    await database.query('INSERT INTO t VALUES (1)');
    expect((await next).changes.length).toBe(1);
  });

  it('is left to anybody else', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const slot = uniqueName('slot');
    const publication = uniqueName('p');
    const options = { connection: database.url, slot, publication };
    await using other = new StreamDriver({ ...options, streamId: uniqueName('other') });
    const start = await other.start();
    const next = nextChanges(other.read(start));
    await untilActive(database);
    const [before] = await database.query(slots, [database.name]);
    await using driver = new StreamDriver({ ...options, streamId: uniqueName('s') });
    await driver.source.open(driver.context);
    await expect(nextChanges(driver.read(start))).rejects.toMatchObject({ code: 'SLOT_IN_USE', recovery: 'retry' });
    const { items } = await driver.source.validate(driver.context);
    const failures = items.filter(({ state, level }) => state === 'failed' && level === 'error');
    expect(failures.map(({ code }) => code)).toEqual(['SLOT_IN_USE']);
    const drop = driver.source.release({
      streamId: driver.context.streamId,
      claimed: true,
      signal: driver.abort.signal,
    });
    await expect(drop).rejects.toMatchObject({ code: 'SLOT_IN_USE' });
    expect(await database.query(slots, [database.name])).toEqual([before]);
    await database.query('INSERT INTO t VALUES (1)');
    expect((await next).changes.length).toBe(1);
  });
});

async function untilActive(database: Awaited<ReturnType<typeof createDatabase>>): Promise<void> {
  for (;;) {
    const [slot] = await database.query<{ active_pid: number | null }>(slots, [database.name]);
    if (typeof slot?.active_pid === 'number') return;
  }
}

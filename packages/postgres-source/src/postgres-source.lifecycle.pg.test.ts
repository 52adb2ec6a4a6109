import type { StartPoint } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { createDatabase, openSockets, sharedPostgres, uniqueName, until } from '../../../test/harness/index.ts';
import { nextChanges, StreamDriver } from './stream-driver.test-support.ts';

const prepared = async () => {
  const database = await createDatabase(sharedPostgres());
  await database.query('CREATE TABLE t (id int PRIMARY KEY)');
  return { database, options: { connection: database.url, streamId: uniqueName('s') } };
};

describe('closing', () => {
  it('is possible before opening, while opening, and twice', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    const driver = new StreamDriver(options);
    const sockets = openSockets();
    await driver.source.close();
    const opening = driver.source.open(driver.context).catch((error) => error);
    await driver.source.close();
    expect(await opening).toMatchObject({ code: 'CONNECTION_LOST' });
    await driver.source.open(driver.context);
    await Promise.all([driver.source.close(), driver.source.close()]);
    await until(() => openSockets() === sockets, { describe: 'no socket' });
  });

  it('ends a beginning that waits', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    const writer = await database.connect();
    await writer.query('BEGIN; INSERT INTO t VALUES (1)');
    const driver = new StreamDriver(options);
    const settled = driver.start().catch((error) => error);
    await until(() => driver.events.length > 0, { describe: 'a report' });
    await driver.source.close();
    expect(await settled).toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
    await writer.query('ROLLBACK');
  });

  it('ends changes that are being opened or read', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    const driver = new StreamDriver(options);
    const start = await driver.start();
    const opening = nextChanges(driver.read(start)).catch((error) => error);
    await new Promise((resolve) => setImmediate(resolve));
    await driver.source.close();
    expect(await opening).toBeInstanceOf(Error);
    await driver.source.open(driver.context);
    const batches = driver.read(start);
    const first = nextChanges(batches);
    await database.query('INSERT INTO t VALUES (1)');
    await first;
    const reading = batches.next();
    await driver.source.close();
    expect(await reading).toEqual({ done: true, value: undefined });
  });

  it('can be followed by another opening', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    await using driver = new StreamDriver(options);
    const start = await driver.start();
    await driver.source.close();
    const identity = await driver.source.open(driver.context);
    expect(identity).toEqual({
      kind: 'postgres',
      id: expect.stringMatching(new RegExp(`^\\d{15,}/${database.name}/millrace_${options.streamId}$`)),
    });
    const batch = nextChanges(driver.read(start));
    await database.query('INSERT INTO t VALUES (1)');
    expect((await batch).changes.length).toBe(1);
  });
});

describe('the source', () => {
  it('is identified alike by a role that may not read the control file', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    const role = uniqueName('role');
    await database.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'x'`);
    await database.query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
    const url = new URL(database.url);
    url.username = role;
    url.password = 'x';
    await using one = new StreamDriver(options);
    await using two = new StreamDriver({ ...options, connection: url.href });
    expect(await two.source.open(two.context)).toEqual(await one.source.open(one.context));
    await two.source.close();
    await database.query(`DROP ROLE ${role}`);
  });

  it('answers about its log while closed', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    await using driver = new StreamDriver(options);
    const start = await driver.start();
    const head = await driver.source.head();
    expect(Math.abs(head.time - Date.now())).toBeLessThan(5_000);
    expect(driver.source.compare(start, head.position)).toBeLessThanOrEqual(0);
    expect(driver.source.distance(start, head.position)).toBeGreaterThanOrEqual(0);
    await driver.source.close();
    const { bytes, limit } = await driver.source.retention(driver.context.streamId);
    expect(bytes).toBeGreaterThanOrEqual(0);
    expect(limit).toBeNull();
    await expect(driver.source.head()).rejects.toMatchObject({ code: 'NOT_OPEN' });
  });

  it('begins where it is told', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    await using driver = new StreamDriver(options);
    await driver.source.open(driver.context);
    await expect(driver.begin(false, false, { timestamp: 0 })).rejects.toMatchObject({ code: 'START_NOT_POSSIBLE' });
    expect(driver.claims).toBe(0);
    const start = await driver.begin(false, false, 'latest');
    await database.query('INSERT INTO t VALUES (1)');
    const begin = (from: StartPoint) => driver.begin(true, false, from);
    // Others may have written to the log of the server since the slot was made.
    expect(driver.source.compare(await begin('earliest'), start)).toBeLessThanOrEqual(0);
    const latest = await begin('latest');
    expect(driver.source.compare(start, latest)).toBe(-1);
    expect(await begin({ position: latest })).toBe(latest);
    await expect(begin({ position: 'FFFFFF/0' })).rejects.toMatchObject({ code: 'START_NOT_POSSIBLE' });
    const batch = nextChanges(driver.read(latest));
    await database.query('INSERT INTO t VALUES (2)');
    expect([...(await batch).changes].map(({ after }) => after)).toEqual([{ id: 2 }]);
  });

  it('rejects with the reason when validation is aborted', async () => {
    const { database, options } = await prepared();
    await using _ = database;
    await using driver = new StreamDriver(options);
    driver.abort.abort(new Error('enough'));
    await expect(driver.source.validate(driver.context)).rejects.toThrow('enough');
    await expect(driver.source.describe(driver.context)).rejects.toThrow('enough');
    await expect(driver.source.open(driver.context)).rejects.toThrow('enough');
  });
});

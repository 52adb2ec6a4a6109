import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  startPostgres,
  uniqueName,
  until,
} from '../../../test/harness/index.ts';
import { nextChanges, readUntil, StreamDriver } from './stream-driver.test-support.ts';

describe.each(postgresVersions())('the beginning on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);
  const slotsOf = (database: { name: string; query: (text: string, values: unknown[]) => Promise<unknown[]> }) =>
    database.query('SELECT slot_name AS slot FROM pg_replication_slots WHERE database = $1', [database.name]);

  it('waits for running and prepared transactions, says for which, and leaves no slot when aborted', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const prepared = uniqueName('prepared');
    const [writer, preparer] = [await database.connect(), await database.connect()];
    await preparer.query(`BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '${prepared}'`);
    await writer.query('BEGIN; INSERT INTO t VALUES (2)');
    const { rows } = await writer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    const settled = driver.start().catch((error) => error);
    await until(() => driver.events.length > 1, { describe: 'two reports' });
    const event = driver.events[0];
    expect(event).toMatchObject({ type: 'waiting', code: 'SLOT_WAITS_FOR_TRANSACTIONS' });
    const transactions = event?.details.transactions as {
      pid: number | null;
      prepared: string | null;
      ageMs: number;
    }[];
    expect(transactions.find(({ pid }) => pid === rows[0]?.pid)?.ageMs).toBeGreaterThan(500);
    expect(transactions.find((transaction) => transaction.prepared === prepared)?.ageMs).toBeGreaterThan(500);
    expect(await slotsOf(database)).toHaveLength(1);
    const began = performance.now();
    driver.abort.abort(new Error('stopped'));
    expect(await settled).toMatchObject({ message: 'stopped' });
    expect(performance.now() - began).toBeLessThan(1_000);
    await until(async () => (await slotsOf(database)).length === 0, { describe: 'no slot', timeout: 2_000 });
    await writer.query('ROLLBACK');
  });

  it('goes on from what an interrupted beginning left, so that nothing in between is lost', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const options = { connection: database.url, streamId: uniqueName('s') };
    let first = '';
    {
      await using driver = new StreamDriver(options);
      first = await driver.start();
    }
    await database.query('INSERT INTO t VALUES (1)');
    await using driver = new StreamDriver(options);
    await driver.source.open(driver.context);
    const second = await driver.begin(true);
    expect(second).toBe(first);
    const { changes } = await readUntil(driver.read(second), ({ table }) => table === 'public.t');
    expect(changes).toHaveLength(1);
  });

  it("uses an operator's slot from where it is, claims and drops nothing", async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const [slot, publication] = [uniqueName('slot'), uniqueName('p')];
    await database.query(`CREATE PUBLICATION ${publication} FOR ALL TABLES`);
    await database.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, 'pgoutput']);
    await database.query('INSERT INTO t VALUES (1)');
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), slot, publication });
    const start = await driver.start();
    expect(driver.claims).toBe(0);
    expect((await nextChanges(driver.read(start))).changes.length).toBe(1);
    await driver.source.close();
    await driver.source.release({ streamId: driver.context.streamId, claimed: false, signal: driver.abort.signal });
    expect(await slotsOf(database)).toEqual([{ slot }]);
    expect(await database.query('SELECT pubname FROM pg_publication')).toEqual([{ pubname: publication }]);
  });

  it('refuses a slot that brings transactions before they are committed', async () => {
    await using database = await createDatabase(server);
    const [slot, publication] = [uniqueName('slot'), uniqueName('p')];
    await database.query(`CREATE PUBLICATION ${publication} FOR ALL TABLES`);
    await database.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput', false, true)", [slot]);
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), slot, publication });
    const { items } = await driver.source.validate(driver.context);
    expect(items.find(({ code }) => code === 'SLOT_TWO_PHASE')).toMatchObject({ state: 'failed', level: 'error' });
    await expect(driver.start()).rejects.toMatchObject({ code: 'SLOT_UNUSABLE' });
  });

  it('makes the publication before the slot, so that the log of in between can be read', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    const start = await driver.start();
    await database.query('INSERT INTO t VALUES (1)');
    expect((await nextChanges(driver.read(start))).changes.length).toBe(1);
  });

  it('refuses to read with a publication that is younger than the slot', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const [slot, publication] = [uniqueName('slot'), uniqueName('p')];
    await database.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, 'pgoutput']);
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), slot, publication });
    await expect(driver.start()).rejects.toMatchObject({ code: 'PUBLICATION_MISSING' });
    expect(await database.query('SELECT pubname FROM pg_publication')).toEqual([]);
    await database.query('INSERT INTO t VALUES (1)');
    await database.query(`CREATE PUBLICATION ${publication} FOR ALL TABLES`);
    await database.query('INSERT INTO t VALUES (2)');
    const start = await driver.begin();
    // PostgreSQL 18 only warns, and would deliver the second row alone.
    await expect(nextChanges(driver.read(start))).rejects.toMatchObject({
      code: 'PUBLICATION_TOO_NEW',
      recovery: 'recover',
    });
  });

  it("never makes the application's own statements fail", async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE keyless (id int)');
    await database.query('INSERT INTO keyless VALUES (1)');
    const options = { connection: database.url, streamId: uniqueName('s') };
    await using driver = new StreamDriver({ ...options, tables: ['keyless'] });
    await expect(driver.start()).rejects.toMatchObject({ code: 'NO_REPLICA_IDENTITY' });
    expect(driver.claims).toBe(0);
    const { items } = await driver.source.validate(driver.context);
    const failure = items.find(({ code }) => code === 'NO_REPLICA_IDENTITY');
    expect(failure).toMatchObject({ state: 'failed', level: 'error', path: 'tables' });
    expect(failure?.fix).toContain('ALTER TABLE "public"."keyless" REPLICA IDENTITY FULL');
    await database.query('UPDATE keyless SET id = 2');
    expect(await database.query('SELECT pubname FROM pg_publication')).toEqual([]);
    expect(await slotsOf(database)).toEqual([]);
  });

  it('refuses a partitioned table whose partitions do not log what tells its rows apart', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE by_key (id int PRIMARY KEY, value int) PARTITION BY RANGE (id)');
    await database.query('CREATE TABLE by_key_1 PARTITION OF by_key FOR VALUES FROM (0) TO (9)');
    await database.query('CREATE TABLE whole (id int, value int) PARTITION BY RANGE (id)');
    await database.query('CREATE TABLE whole_1 PARTITION OF whole (PRIMARY KEY (id)) FOR VALUES FROM (0) TO (9)');
    await database.query('ALTER TABLE whole REPLICA IDENTITY FULL');
    await database.query(
      'CREATE TABLE by_index (id int PRIMARY KEY, code int NOT NULL, UNIQUE (id, code)) PARTITION BY RANGE (id)',
    );
    await database.query('CREATE TABLE by_index_1 PARTITION OF by_index FOR VALUES FROM (0) TO (9)');
    await database.query('ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_id_code_key');
    await database.query('CREATE TABLE bare (id int) PARTITION BY RANGE (id)');
    await database.query('CREATE TABLE bare_1 PARTITION OF bare (PRIMARY KEY (id)) FOR VALUES FROM (0) TO (9)');
    const tables = ['by_key', 'whole', 'by_index', 'bare'];
    const options = { connection: database.url, streamId: uniqueName('s'), tables };
    await using refused = new StreamDriver(options);
    const { items } = await refused.source.validate(refused.context);
    const fix = items.find(({ code }) => code === 'NO_REPLICA_IDENTITY')?.fix ?? '';
    const altered = [...fix.matchAll(/ALTER TABLE (\S+) REPLICA IDENTITY FULL;/g)].map(([, name]) => name);
    expect(altered.sort()).toEqual(['bare', 'bare_1', 'by_index_1', 'whole_1'].map((name) => `"public"."${name}"`));
    await expect(refused.start()).rejects.toMatchObject({ code: 'NO_REPLICA_IDENTITY' });
    for (const name of altered) await database.query(`ALTER TABLE ${name} REPLICA IDENTITY FULL`);
    await using driver = new StreamDriver(options);
    await driver.start();
  });

  it('publishes the inserts of a table without identity beside everything of the others', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE keyless (id int)');
    await database.query('CREATE TABLE keyed (id int PRIMARY KEY)');
    const tables = ['keyed', { name: 'keyless', operations: ['insert' as const] }];
    const publication = `My "pub", it's`;
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), tables, publication });
    const start = await driver.start();
    await database.query('INSERT INTO keyless VALUES (1)');
    await database.query('UPDATE keyless SET id = 2');
    await database.query('DELETE FROM keyless');
    await database.query('INSERT INTO keyed VALUES (1)');
    await database.query('DELETE FROM keyed');
    const { changes } = await readUntil(driver.read(start), ({ op }) => op === 'delete');
    expect(changes.map(({ op, table }) => `${op} ${table}`)).toEqual([
      'insert public.keyless',
      'insert public.keyed',
      'delete public.keyed',
    ]);
    await driver.source.close();
    await driver.source.release({ streamId: driver.context.streamId, claimed: true, signal: driver.abort.signal });
    await driver.source.release({ streamId: driver.context.streamId, claimed: true, signal: driver.abort.signal });
    expect(await slotsOf(database)).toEqual([]);
    expect(await database.query('SELECT pubname FROM pg_publication')).toEqual([]);
  });

  it('takes its claim back when the server makes no slot: one of that name is not ours later', async () => {
    await using own = await startPostgres({ version, settings: { max_replication_slots: '1' } });
    await using database = await createDatabase(own);
    await database.query("CREATE TABLE t (id int PRIMARY KEY); SELECT pg_create_physical_replication_slot('other')");
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    await driver.source.open(driver.context);
    await expect(driver.begin(false, true)).rejects.toMatchObject({ code: 'NO_FREE_SLOT', recovery: 'operator' });
    expect(driver.claims).toBe(0);
    await database.query("SELECT pg_drop_replication_slot('other')");
    await driver.begin(false, true);
    expect(driver.claims).toBe(1);
  });

  it('releases a slot that its own connection still reads', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    const start = await driver.start();
    const settled = nextChanges(driver.read(start)).catch((error) => error);
    await setTimeout(200);
    await driver.source.release({ streamId: driver.context.streamId, claimed: true, signal: driver.abort.signal });
    expect(await slotsOf(database)).toEqual([]);
    expect(await settled).toBeInstanceOf(Error);
  });

  if (version >= 17)
    it('makes a slot that failover carries over to a standby, when asked to', async () => {
      await using database = await createDatabase(server);
      await database.query('CREATE TABLE t (id int PRIMARY KEY)');
      await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), failover: true });
      await driver.start();
      const slots = 'SELECT failover FROM pg_replication_slots WHERE database = current_database()';
      expect(await database.query(slots)).toEqual([{ failover: true }]);
    });
});

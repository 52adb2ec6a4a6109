import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
} from '../../../../test/harness/index.ts';
import { type DriverOptions, nextChanges, StreamDriver } from '../stream-driver.test-support.ts';
import { copyTable, textsOf } from './copy-driver.test-support.ts';

const driverOf = (database: TestDatabase, options: Partial<DriverOptions> = {}): StreamDriver =>
  new StreamDriver({ connection: database.url, streamId: uniqueName('s'), copies: true, ...options });

const started = async (driver: StreamDriver): Promise<string> => {
  await driver.source.open(driver.context);
  return driver.begin(false, true);
};

const failures = async ({ source, context }: StreamDriver) =>
  (await source.validate(context)).items.filter(({ state, level }) => state === 'failed' && level === 'error');

describe.each(postgresVersions())('what is copied of the tables of PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  if (version >= 15)
    it('is what the publication publishes of them: some columns, some rows', async () => {
      await using database = await createDatabase(server);
      const publication = uniqueName('p');
      await database.query(`
        CREATE TABLE t (secret text, id int PRIMARY KEY, n int, mood text);
        CREATE INDEX ON t (n);
        INSERT INTO t SELECT 's', i, i % 5, 'good' FROM generate_series(1, 5000) i;
        CREATE PUBLICATION ${publication} FOR TABLE t (id, n) WHERE (n > 2 AND id <> 3 AND mood = 'good')
          WITH (publish = 'insert')`);
      const tables = [{ name: 't', operations: ['insert' as const] }];
      await using driver = driverOf(database, { publication, tables });
      const start = await started(driver);
      const chunks = await copyTable(driver, 'public.t', { maxBytes: 8_000 });
      const rows = await database.query<{ id: string; n: string }>(
        'SELECT id::text, n::text FROM t WHERE n > 2 AND id <> 3 ORDER BY t.id',
      );
      expect(textsOf(chunks)).toEqual(rows.map(({ id, n }) => [id, n]));
      await database.query("INSERT INTO t VALUES ('s', 5001, 0, 'good'), ('s', 5002, 4, 'good')");
      const batch = await nextChanges(driver.read(start));
      expect(batch.relations[0]).toBe(chunks[0]?.relation);
      const [change] = batch.changes;
      const after = change?.image.after;
      if (after === null || after === undefined || change?.transaction === null) throw new Error('no row');
      // The row leaves what is published: a change that is ahead in the log removes it.
      const reselect = () =>
        driver.source.reselect?.(
          { table: 'public.t', keys: [after], transactions: [change?.transaction ?? never()] },
          driver.abort.signal,
        );
      expect((await reselect())?.rows.map((row) => row.toObject())).toEqual([{ id: 5002, n: 4 }]);
      await database.query("UPDATE t SET mood = 'bad' WHERE id = 5002");
      expect((await reselect())?.rows).toEqual([]);
    });

  if (version >= 15)
    it('is refused where two publications publish different rows', async () => {
      await using database = await createDatabase(server);
      const publication = uniqueName('p');
      await database.query(`
        CREATE TABLE t (id int PRIMARY KEY);
        CREATE TABLE same (id int PRIMARY KEY);
        CREATE PUBLICATION ${publication} FOR TABLE t WHERE (id > 1), same WHERE (id > 1);
        CREATE PUBLICATION ${publication}_insert FOR TABLE t WHERE (id > 2), same WHERE (id > 1)
          WITH (publish = 'insert')`);
      await using driver = driverOf(database, { publication, tables: ['t', 'same'] });
      expect(await failures(driver)).toMatchObject([{ code: 'TABLE_NOT_COPYABLE', path: 'tables' }]);
      await started(driver);
      const refused = { code: 'TABLE_NOT_COPYABLE', recovery: 'operator' };
      await expect(copyTable(driver, 'public.t')).rejects.toMatchObject(refused);
      expect(await copyTable(driver, 'public.same')).toHaveLength(1);
    });

  it('is everything at one position where nothing identifies rows, which is said before anything begins', async () => {
    await using database = await createDatabase(server);
    await database.query(`
      CREATE TABLE keyed (id int PRIMARY KEY);
      CREATE TABLE whole (id int, v text); ALTER TABLE whole REPLICA IDENTITY FULL;
      CREATE TABLE keyless (id int);
      INSERT INTO whole SELECT g, repeat('x', 500) FROM generate_series(1, 200) g; INSERT INTO keyless VALUES (1), (1)`);
    const tables = ['keyed', 'whole', { name: 'keyless', operations: ['insert' as const] }];
    await using driver = driverOf(database, { tables });
    expect(await failures(driver)).toEqual([]);
    const { items } = await driver.source.validate(driver.context);
    const warning = items.find(({ code }) => code === 'COPY_NOT_RESUMABLE');
    expect(warning?.message).toContain('public.keyless, public.whole');
    const start = await started(driver);
    expect(textsOf(await copyTable(driver, 'public.keyless'))).toEqual([['1'], ['1']]);
    const changes = async () => {
      await database.query('DELETE FROM whole WHERE id > 100; INSERT INTO whole VALUES (0)');
    };
    const chunks = await copyTable(driver, 'public.whole', { maxBytes: 4_000, onChunk: changes });
    expect(textsOf(chunks)).toHaveLength(200);
    expect(new Set(chunks.map(({ through }) => through)).size).toBe(1);
    expect(chunks.map(({ progress }) => progress.done)).toEqual(chunks.map((_, at) => at === chunks.length - 1));
    expect(chunks.at(-1)?.progress.rows).toBe(200);
    const [through = ''] = chunks.map((chunk) => chunk.through);
    expect(driver.source.compare(through, start)).toBe(1);
    await expect(copyTable(driver, 'public.none')).rejects.toMatchObject({ code: 'COPY_OUTDATED' });
    expect(
      await database.query('SELECT FROM pg_replication_slots WHERE temporary AND database = current_database()'),
    ).toEqual([]);
  });

  it('is an error where the role sees no rows, or not all of them', async () => {
    await using database = await createDatabase(server);
    const role = uniqueName('role');
    const publication = uniqueName('p');
    await database.query(`
      CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'secret';
      CREATE TABLE hidden (id int PRIMARY KEY);
      CREATE TABLE secured (id int PRIMARY KEY, owner text);
      INSERT INTO secured VALUES (1, 'somebody');
      ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own ON secured USING (owner = current_user);
      CREATE TABLE parent (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE part PARTITION OF parent FOR VALUES FROM (0) TO (9);
      CREATE TABLE fine (id int PRIMARY KEY);
      GRANT SELECT (id) ON hidden TO ${role};
      GRANT SELECT ON secured, parent, fine TO ${role};
      CREATE PUBLICATION ${publication} FOR ALL TABLES WITH (publish_via_partition_root)`);
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = 'secret';
      await using driver = driverOf(database, { connection: url.href, publication });
      const found = await failures(driver);
      expect(found.map(({ code }) => code).sort()).toEqual(['MISSING_PRIVILEGE', 'ROW_SECURITY']);
      const privilege = found.find(({ code }) => code === 'MISSING_PRIVILEGE');
      expect(privilege?.fix).toBe(`GRANT SELECT ON "public"."hidden", "public"."part" TO "${role}";`);
      await started(driver);
      for (const table of ['public.hidden', 'public.secured', 'public.parent'])
        await expect(copyTable(driver, table)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      expect(await copyTable(driver, 'public.fine')).toHaveLength(1);
      await driver.source.close();
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});

const never = (): never => {
  throw new Error('a change without a transaction');
};

import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, uniqueName } from '../../../../test/harness/index.ts';
import { nextChanges, StreamDriver } from '../stream-driver.test-support.ts';

describe.each(postgresVersions())('the description of PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('has exact types, nullability, generated columns and what rows are identified by', async () => {
    await using database = await createDatabase(server);
    await database.query(`
      CREATE DOMAIN email AS varchar(80) CHECK (value <> '');
      CREATE DOMAIN work_email AS email;
      CREATE TYPE mood AS ENUM ('ok');
      CREATE TABLE keyed (
        b bigint, a int, price numeric(10,2) NOT NULL, mail work_email, mood mood, at timestamptz(3),
        total numeric GENERATED ALWAYS AS (price * 2) STORED, dropped int, PRIMARY KEY (b, a));
      ALTER TABLE keyed DROP COLUMN dropped;
      CREATE TABLE by_index (id int PRIMARY KEY, email text NOT NULL UNIQUE);
      ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_email_key;
      CREATE TABLE whole (x int, id int PRIMARY KEY);
      ALTER TABLE whole REPLICA IDENTITY FULL;
      CREATE TABLE parent (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE child PARTITION OF parent FOR VALUES FROM (0) TO (100);
      CREATE TABLE keyless (id int)`);
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    const relations = await driver.source.describe(driver.context);
    const brief = relations.map(({ table, key, identity }) => ({ table, key, identity }));
    expect(brief).toEqual([
      { table: 'by_index', key: [1], identity: 'index' },
      { table: 'keyed', key: [0, 1], identity: 'key' },
      { table: 'parent', key: [0], identity: 'key' },
      { table: 'whole', key: [1], identity: 'full' },
    ]);
    const keyed = relations.find(({ table }) => table === 'keyed');
    expect(keyed?.columns).toEqual([
      { name: 'b', type: 'bigint', native: 'bigint', nullable: false, generated: false },
      { name: 'a', type: 'int', native: 'integer', nullable: false, generated: false },
      { name: 'price', type: 'decimal', native: 'numeric(10,2)', nullable: false, generated: false },
      { name: 'mail', type: 'text', native: 'character varying(80)', nullable: true, generated: false },
      { name: 'mood', type: 'other', native: 'public.mood', nullable: true, generated: false },
      { name: 'at', type: 'timestamptz', native: 'timestamp(3) with time zone', nullable: true, generated: false },
      { name: 'total', type: 'decimal', native: 'numeric', nullable: true, generated: true },
    ]);
  });

  it('agrees with what the log says of the same tables', async () => {
    await using database = await createDatabase(server);
    await database.query(`
      CREATE TABLE whole (x varchar(7), id int PRIMARY KEY); ALTER TABLE whole REPLICA IDENTITY FULL;
      CREATE TABLE parent (id int PRIMARY KEY, n numeric(5,1)) PARTITION BY RANGE (id);
      CREATE TABLE child PARTITION OF parent FOR VALUES FROM (0) TO (100)`);
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    const described = await driver.source.describe(driver.context);
    const batches = driver.read(await driver.start());
    await database.query("BEGIN; INSERT INTO whole VALUES ('a', 1); INSERT INTO parent VALUES (1, 2.5); COMMIT");
    const { relations } = await nextChanges(batches);
    const brief = (list: typeof described) =>
      list
        .map(({ schema, table, key, identity, columns }) => ({
          name: `${schema}.${table}`,
          key,
          identity,
          columns: columns.map(({ name, type, native }) => ({ name, type, native })),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(brief(relations)).toEqual(brief(described));
  });

  it('finds the key of a table that is younger than the connection', async () => {
    await using database = await createDatabase(server);
    const publication = uniqueName('p');
    await database.query(`CREATE PUBLICATION ${publication} FOR ALL TABLES`);
    const options = { connection: database.url, streamId: uniqueName('s'), publication };
    await using driver = new StreamDriver(options);
    const start = await driver.start();
    const batches = driver.read(start);
    const first = nextChanges(batches).catch((error) => error);
    await database.query('CREATE TABLE whole (x text, id int PRIMARY KEY)');
    await database.query('ALTER TABLE whole REPLICA IDENTITY FULL');
    await database.query("INSERT INTO whole VALUES ('a', 1)");
    const outcome = await first;
    // Depending on when the catalog was read: at once, or with the next connection.
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({ code: 'CATALOG_CHANGED', recovery: 'retry' });
      await driver.source.close();
      await driver.source.open(driver.context);
      const { relations } = await nextChanges(driver.read(start));
      expect(relations[0]).toMatchObject({ table: 'whole', key: [1], identity: 'full' });
    } else expect(outcome.relations[0]).toMatchObject({ table: 'whole', key: [1] });
  });

  it('knows partitions by their own names when they are not published as their root', async () => {
    await using database = await createDatabase(server);
    await database.query(`
      CREATE TABLE parent (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE child PARTITION OF parent FOR VALUES FROM (0) TO (100)`);
    const options = { connection: database.url, streamId: uniqueName('s'), publishViaPartitionRoot: false };
    await using driver = new StreamDriver(options);
    expect((await driver.source.describe(driver.context)).map(({ table }) => table)).toEqual(['child']);
    const batches = driver.read(await driver.start());
    await database.query('INSERT INTO parent VALUES (1)');
    expect([...(await nextChanges(batches)).changes].map(({ table }) => table)).toEqual(['public.child']);
  });
});

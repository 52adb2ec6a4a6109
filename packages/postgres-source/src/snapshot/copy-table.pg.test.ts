import type { Chunk } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../../../../test/harness/index.ts';
import { compareLsn } from '../lsn.ts';
import { type DriverOptions, nextChanges, StreamDriver } from '../stream-driver.test-support.ts';
import { typeLiterals } from '../values/type-literals.test-support.ts';
import { atStart, copyRanges, copyTable, tableOf, textsOf } from './copy-driver.test-support.ts';

const driverOf = (database: TestDatabase, options: Omit<DriverOptions, 'connection'> = {}): StreamDriver =>
  new StreamDriver({ connection: database.url, streamId: uniqueName('s'), ...options });

const started = async (driver: StreamDriver): Promise<string> => {
  await driver.source.open(driver.context);
  return driver.begin(false, true);
};

/** The rows of a table as texts, as the server writes them. */
const rowsOf = async (database: TestDatabase, table: string, columns: readonly string[]) => {
  const texts = columns
    .map((column, index) => `CASE WHEN NOT ${column} IS NULL THEN format('%s', ${column}) END AS c${index}`)
    .join(', ');
  const rows = await database.query<Record<string, string | null>>(`SELECT ${texts} FROM ${table}`);
  return rows.map((row) => columns.map((_, index) => row[`c${index}`]));
};

const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();

const quoted = (literal: string | undefined): string =>
  literal === undefined ? 'NULL' : `'${literal.replaceAll("'", "''")}'`;

const lengthOf = (chunks: readonly Chunk[]): number => chunks.reduce((sum, { length }) => sum + length, 0);

describe.each(postgresVersions())('copying the tables of PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it.each([{ formats: [] }, { formats: ['postgres-binary'] }])(
    'brings every row as the server writes it, with $formats',
    { timeout: 60_000 },
    async ({ formats }) => {
      await using database = await createDatabase(server);
      const columns = Object.entries(typeLiterals)
        .filter(([name]) => name !== 'char' || version >= 16)
        .map(([name, { fixed }], index) => ({ name: `c${index}`, type: `pg_catalog."${name}"`, fixed }));
      const definitions = columns.map(({ name, type }) => `${name} ${type}`);
      await database.query(`CREATE TABLE every (id int PRIMARY KEY, ${definitions.join(', ')}, odd text, big text)`);
      await database.query('ALTER TABLE every ALTER big SET STORAGE EXTERNAL');
      const most = Math.max(...columns.map(({ fixed }) => fixed.length));
      for (let row = 0; row < most; row++) {
        const values = columns.map(({ fixed }) => quoted(fixed[row]));
        const odd = `E'\\\\N \\t\\n\\r\\b\\f\\x0b \\\\. ${row}'`;
        await database.query(`INSERT INTO every VALUES (${row}, ${values.join(', ')}, ${odd}, repeat('x', 3000))`);
      }
      await using driver = driverOf(database, { formats });
      await started(driver);
      const chunks = await copyTable(driver, 'public.every');
      const names = ['id', ...columns.map(({ name }) => name), 'odd', 'big'];
      const form = formats.length === 0 ? 'text' : 'binary';
      // Types of which only the text can be read are copied as text.
      expect(chunks.map(({ encoded }) => encoded?.format)).toEqual(chunks.map(() => `postgres-${form}`));
      expect(lengthOf(chunks)).toBe(most);
      expect(sorted(textsOf(chunks))).toEqual(sorted(await rowsOf(database, 'every', names)));
    },
  );

  it('describes a table as the log does', async () => {
    await using database = await createDatabase(server);
    await database.query(`
      CREATE DOMAIN email AS varchar(80); CREATE TYPE mood AS ENUM ('ok');
      CREATE TABLE t (x varchar(7), b bigint, dropped int, a int, price numeric(10,2) NOT NULL, mail email, mood mood,
        moods mood[], total numeric GENERATED ALWAYS AS (price * 2) STORED, n int GENERATED ALWAYS AS IDENTITY,
        PRIMARY KEY (b, a));
      ALTER TABLE t DROP COLUMN dropped;
      CREATE TABLE by_index (id int PRIMARY KEY, email text NOT NULL UNIQUE);
      ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_email_key;
      CREATE TABLE whole (x text, id int PRIMARY KEY); ALTER TABLE whole REPLICA IDENTITY FULL;
      CREATE TABLE parent (id int PRIMARY KEY, n numeric(5,1)) PARTITION BY RANGE (id);
      CREATE TABLE child PARTITION OF parent FOR VALUES FROM (0) TO (100)`);
    const inserts = `INSERT INTO t (b, a, price) VALUES (1, 1, 1); INSERT INTO by_index VALUES (1, 'a');
      INSERT INTO whole VALUES ('a', 1); INSERT INTO parent VALUES (1, 1)`;
    await using driver = driverOf(database);
    const start = await started(driver);
    await database.query(`BEGIN; ${inserts}; COMMIT`);
    const tables = ['by_index', 'parent', 't', 'whole'].map((table) => `public.${table}`);
    const copied = await Promise.all(tables.map((table) => copyTable(driver, table)));
    const { relations } = await nextChanges(driver.read(start));
    const logged = [...relations].sort((one, other) => (one.table < other.table ? -1 : 1));
    expect(copied.map(([chunk]) => chunk?.relation)).toEqual(logged);
    for (const [index, [chunk]] of copied.entries()) expect(chunk?.relation).toBe(logged[index]);
  });

  if (version >= 18)
    it('has computed columns that are published', async () => {
      await using database = await createDatabase(server);
      const publication = uniqueName('p');
      await database.query(`
        CREATE TABLE t (id int PRIMARY KEY, s int GENERATED ALWAYS AS (id * 2) STORED, v int GENERATED ALWAYS AS (id * 3));
        INSERT INTO t VALUES (1);
        CREATE PUBLICATION ${publication} FOR TABLE t WITH (publish_generated_columns = stored)`);
      await using driver = driverOf(database, { publication });
      const start = await started(driver);
      const [chunk] = await copyTable(driver, 'public.t');
      expect([...(chunk?.rows ?? [])].map((row) => row.toObject())).toEqual([{ id: 1, s: 2 }]);
      await database.query('INSERT INTO t VALUES (2)');
      expect((await nextChanges(driver.read(start))).relations[0]).toBe(chunk?.relation);
    });

  it('cuts a table into ranges and chunks, whatever they hold, and goes on from every cursor', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY, v text)');
    await database.query("INSERT INTO t SELECT n, repeat('x', n % 300) FROM generate_series(1, 200000) n");
    await database.query('DELETE FROM t WHERE id BETWEEN 50000 AND 90000');
    await using driver = driverOf(database);
    await started(driver);
    const chunks = await copyTable(driver, 'public.t', { ranges: 3, maxBytes: 256 * 1024 });
    const ids = textsOf(chunks).map(([id]) => Number(id));
    expect(new Set(ids).size).toBe(159_999);
    expect(ids.length).toBe(159_999);
    expect(chunks.length).toBeGreaterThan(60);
    expect(Math.max(...chunks.map(({ bytes }) => bytes))).toBeLessThan(2.5 * 256 * 1024);
    const ends = chunks.filter(({ progress }) => progress.done);
    expect(ends.length).toBe(3);
    expect(ends.reduce((sum, { progress }) => sum + progress.rows, 0)).toBe(159_999);
    const middle = chunks[Math.floor(chunks.length / 2)];
    if (middle === undefined) throw new Error('no chunk');
    const rest = await copyRanges(driver, [middle.progress], { maxBytes: 64 * 1024 });
    const { rows = 0 } =
      ends.find(({ progress }) => progress.range.from === middle.progress.range.from)?.progress ?? {};
    expect(rest.at(-1)?.progress).toMatchObject({ done: true, rows });
    expect(lengthOf(rest)).toBe(rows - middle.progress.rows);
    const [last] = await copyRanges(driver, [rest.at(-1)?.progress ?? middle.progress]);
    expect(last).toMatchObject({ length: 0, progress: { done: true } });
    expect(compareLsn(last?.through ?? '', middle.through)).toBeGreaterThanOrEqual(0);
  });

  it('holds little of a table whose values lie out of line, a block of which is more than a chunk', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY, v text)');
    await database.query('ALTER TABLE t ALTER v SET STORAGE EXTERNAL');
    await database.query("INSERT INTO t SELECT n, repeat('x', 50000) FROM generate_series(1, 300) n");
    await database.query("INSERT INTO t VALUES (1000, repeat('y', 3000000))");
    // Compressed, so that the size of the table says nothing.
    await database.query('ALTER TABLE t ALTER v SET STORAGE EXTENDED');
    await database.query("INSERT INTO t SELECT n, repeat('z', 100000) FROM generate_series(2001, 2100) n");
    await using driver = driverOf(database);
    await started(driver);
    const chunks = await copyTable(driver, 'public.t', { maxBytes: 256 * 1024 });
    expect(sorted(textsOf(chunks).map(([id, v]) => [id, v?.length]))).toEqual(
      sorted((await rowsOf(database, 't', ['id', 'length(v)'])).map(([id, length]) => [id, Number(length)])),
    );
    const bytes = chunks.map((chunk) => chunk.bytes).sort((a, b) => b - a);
    expect(bytes[0]).toBeGreaterThan(3_000_000);
    expect(bytes[1]).toBeLessThan(3 * 256 * 1024);
  });

  it('copies empty tables, wide ones and those with odd names', async () => {
    await using database = await createDatabase(server);
    const columns = Array.from({ length: 1_000 }, (_, index) => `c${index}`);
    await database.query(`
      CREATE TABLE nothing (id int PRIMARY KEY);
      CREATE TABLE wide (${columns.map((name) => `${name} int`).join(', ')}, PRIMARY KEY (c0));
      INSERT INTO wide VALUES (${columns.map((_, index) => index).join(', ')});
      CREATE SCHEMA "Odd ""s"; CREATE TABLE "Odd ""s"."t.'t" ("a b" int PRIMARY KEY, """" text, __proto__ text);
      INSERT INTO "Odd ""s"."t.'t" VALUES (1, 'q', 'p')`);
    await using driver = driverOf(database);
    await started(driver);
    const [empty, ...none] = await copyTable(driver, 'public.nothing', { ranges: 4 });
    expect(none).toEqual([]);
    expect(empty).toMatchObject({ length: 0, progress: { done: true, rows: 0 } });
    expect([...(empty?.rows ?? [])]).toEqual([]);
    expect(textsOf(await copyTable(driver, 'public.wide'))).toEqual([columns.map((_, index) => String(index))]);
    const [odd] = await copyTable(driver, `Odd "s.t.'t`);
    expect([...(odd?.rows ?? [])].map((row) => row.toObject())).toEqual([{ 'a b': 1, '"': 'q', ['__proto__']: 'p' }]);
  });

  it('copies partitions under the name that the log has for them', async () => {
    await using database = await createDatabase(server);
    await database.query(`
      CREATE TABLE parent (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
      CREATE TABLE low PARTITION OF parent FOR VALUES FROM (0) TO (100);
      CREATE TABLE high (v text, dropped int, id int NOT NULL);
      ALTER TABLE high DROP COLUMN dropped; ALTER TABLE high ADD PRIMARY KEY (id);
      ALTER TABLE parent ATTACH PARTITION high FOR VALUES FROM (100) TO (200);
      CREATE TABLE bare (id int PRIMARY KEY) PARTITION BY RANGE (id);
      INSERT INTO parent SELECT n, 'v' || n FROM generate_series(0, 199) n`);
    const expected = sorted(Array.from({ length: 200 }, (_, n) => [String(n), `v${n}`]));
    await using viaRoot = driverOf(database);
    await started(viaRoot);
    const chunks = await copyTable(viaRoot, 'public.parent', { ranges: 3 });
    expect(sorted(textsOf(chunks))).toEqual(expected);
    expect(new Set(chunks.map(tableOf))).toEqual(new Set(['public.parent']));
    expect(await copyTable(viaRoot, 'public.bare')).toMatchObject([{ length: 0, progress: { done: true } }]);
    await using leaves = driverOf(database, { publishViaPartitionRoot: false });
    await started(leaves);
    expect((await copyTable(leaves, 'public.low')).map(tableOf)).toEqual(['public.low']);
    const high = await copyTable(leaves, 'public.high');
    expect(textsOf(high)[0]).toEqual(['v100', '100']);
    expect(lengthOf(high)).toBe(100);
  });

  it('ends within a second of its signal, also in the middle of a chunk and when closed', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
    await using driver = driverOf(database);
    await started(driver);
    const plan = await driver.source.planCopy?.('public.t', 1, driver.abort.signal);
    const [range] = plan?.ranges ?? [];
    if (range === undefined) throw new Error('no range');
    const locker = await database.connect();
    await locker.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
    const request = { table: 'public.t', progress: atStart('public.t', range), maxBytes: 1_000 };
    const waits = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    for (const end of [(abort: AbortController) => abort.abort(new Error('stopped')), () => driver.source.close()]) {
      const abort = new AbortController();
      const chunk = driver.source.copy?.(request, abort.signal)[Symbol.asyncIterator]().next();
      const settled = chunk?.catch((error) => error);
      for (let found = 0; found === 0; ) found = (await database.query(waits)).length;
      const began = performance.now();
      await end(abort);
      expect(await settled).toBeInstanceOf(Error);
      expect(performance.now() - began).toBeLessThan(1_000);
      // The server does not go on with it either.
      for (let found = 1; found > 0; ) found = (await database.query(waits)).length;
    }
  });

  it('keeps no connection when it is left, and none when the source is closed', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY, v text)');
    await database.query("INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 1000) n");
    await using driver = driverOf(database);
    await started(driver);
    const others = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()
      AND application_name LIKE 'millrace%'`;
    const connections = async () => (await database.query<{ n: number }>(others))[0]?.n ?? 0;
    const [first] = await copyTable(driver, 'public.t', { maxBytes: 20_000 });
    if (first === undefined) throw new Error('no chunk');
    const request = { table: 'public.t', progress: first.progress, maxBytes: 20_000 };
    const copy = () => driver.source.copy?.(request, driver.abort.signal)[Symbol.asyncIterator]();
    const [left, kept] = [copy(), copy()];
    await Promise.all([left?.next(), kept?.next()]);
    expect(await connections()).toBe(3);
    await left?.return?.();
    await until(async () => (await connections()) === 2, { describe: 'an idle connection to be given up' });
    await driver.source.close();
    await until(async () => (await connections()) === 0, { describe: 'no connection' });
    await expect(kept?.next()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});

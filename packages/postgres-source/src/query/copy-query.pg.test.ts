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
import { copyTable, textsOf } from '../snapshot/copy-driver.test-support.ts';
import { type DriverOptions, StreamDriver } from '../stream-driver.test-support.ts';
import { typeLiterals } from '../values/type-literals.test-support.ts';

const started = async (url: string, query: string, more: Partial<DriverOptions> = {}): Promise<StreamDriver> => {
  const made = { name: 'public.made', operations: [], query };
  const driver = new StreamDriver({ connection: url, streamId: uniqueName('s'), tables: [made], ...more });
  await driver.source.open(driver.context);
  return driver;
};

const quoted = (literal: string | undefined): string =>
  literal === undefined ? 'NULL' : `'${literal.replaceAll("'", "''")}'`;

describe.each(postgresVersions())('copying the rows of a query from PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('describes and brings every type as those of a table', { timeout: 60_000 }, async () => {
    await using database = await createDatabase(server);
    const types = Object.entries(typeLiterals).filter(([name]) => name !== 'char' || version >= 16);
    const columns = types.map(([name], at) => `c${at} pg_catalog."${name}"`);
    await database.query(`CREATE TYPE mood AS ENUM ('calm', 'wild'); CREATE TYPE pair AS (a int, b text);
      CREATE DOMAIN price AS numeric(12, 3); CREATE TABLE every (${columns.join(', ')}, odd text, d price,
        n numeric(9, 2)[], m mood, ms mood[], p pair, ps pair[], ds price[], v varchar(7), t time(3), b bit(4))`);
    const rows = Math.max(...types.map(([, { fixed }]) => fixed.length));
    for (let row = 0; row < rows; row++) {
      const values = types.map(([, { fixed }]) => quoted(fixed[row]));
      await database.query(`INSERT INTO every VALUES (${values.join(', ')}, E'\\\\N \\t\\n\\r\\b\\f\\x0b \\\\. ${row}', 1.5,
        ARRAY[1, NULL], 'wild', ARRAY['calm', NULL]::mood[], (1, 'x'), ARRAY[(1, 'x')::pair], ARRAY[2.5::price], 'seven', '01:02:03.4567', '1010')`);
    }
    await database.query('ALTER TABLE every REPLICA IDENTITY FULL');
    const every = { name: 'public.every', operations: ['insert'] as const };
    const made = { name: 'public.made', operations: [], query: 'SELECT * FROM public.every' };
    await using driver = await started(database.url, '', { tables: [every, made] });
    await driver.begin(false, true);
    const [table, query] = await driver.source.describe(driver.context);
    const shape = (columns: NonNullable<typeof table>['columns'] = []) =>
      columns.map(({ name, type, element, native }) => ({ name, type, element, native }));
    expect(shape(query?.columns)).toEqual(shape(table?.columns));
    const copies = [await copyTable(driver, 'public.made'), await copyTable(driver, 'public.every')] as const;
    expect(textsOf(copies[0])).toEqual(textsOf(copies[1]));
    expect(shape(copies[0][0]?.relation.columns)).toEqual(shape(table?.columns));
  });

  it('reads one moment, as fast as rows are taken', { timeout: 60_000 }, async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE items AS SELECT g AS id FROM generate_series(1, 100000) g');
    await using driver = await started(database.url, "SELECT id, repeat('x', 300) AS filler FROM public.items");
    const request = { table: 'public.made', maxBytes: 64 * 1024 };
    const chunks: Chunk[] = [];
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%' AND wait_event = 'ClientWrite'`;
    for await (const chunk of driver.source.copyExactly?.(request, driver.abort.signal) ?? []) {
      chunks.push(chunk);
      if (chunks.length !== 3) continue;
      await until(async () => (await database.query(waits)).length === 1, { describe: 'the server to wait' });
      await database.query('DELETE FROM items WHERE id > 1000; INSERT INTO items VALUES (-1)');
    }
    const ids = textsOf(chunks).map(([id]) => Number(id));
    expect(ids).toHaveLength(100_000);
    expect(new Set(ids).size).toBe(100_000);
    expect(Math.max(...chunks.map(({ bytes }) => bytes))).toBeLessThan(512 * 1024);
    expect(chunks.map(({ progress }) => progress.done).indexOf(true)).toBe(chunks.length - 1);
    expect(chunks.at(-1)?.progress.rows).toBe(100_000);
    const [end] = await database.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
    expect(new Set(chunks.map(({ through }) => through)).size).toBe(1);
    expect(compareLsn(chunks[0]?.through ?? '', end?.lsn ?? '')).toBe(-1);
  });
});

const waiting = (database: TestDatabase) =>
  database.query(
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%' AND state = 'active'",
  );

it('leaves nothing behind when it is given up', async () => {
  await using database = await createDatabase(sharedPostgres());
  await using driver = await started(
    database.url,
    "SELECT g, repeat('x', 1000) FROM pg_catalog.generate_series(1, 1000000) g",
  );
  const request = { table: 'public.made', maxBytes: 64 * 1024 };
  for await (const _ of driver.source.copyExactly?.(request, driver.abort.signal) ?? []) break;
  await until(async () => (await waiting(database)).length === 0, { describe: 'the server to end' });
  const copying = (async () => {
    for await (const _ of driver.source.copyExactly?.(request, driver.abort.signal) ?? []) driver.abort.abort();
  })();
  await expect(copying).rejects.toThrow('aborted');
  await until(async () => (await waiting(database)).length === 0, { describe: 'the server to end again' });
});

it('where the role may not see all rows, or not read at all, is an error that says so', async () => {
  await using database = await createDatabase(sharedPostgres());
  const role = uniqueName('role');
  await database.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'x';
    CREATE TABLE items (id int); CREATE TABLE closed (id int); INSERT INTO items VALUES (1);
    ALTER TABLE items ENABLE ROW LEVEL SECURITY; GRANT SELECT ON items TO ${role}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'x';
  try {
    for (const [query, problem] of [
      ['SELECT id FROM public.items', 'row-level security policy'],
      ['SELECT id FROM public.closed', 'permission denied for table closed'],
    ] as const) {
      await using driver = await started(url.href, query);
      const { items } = await driver.source.validate(driver.context);
      const found = { code: 'QUERY_NOT_POSSIBLE', state: 'failed', message: expect.stringContaining(problem) };
      expect(items).toContainEqual(expect.objectContaining(found));
      await expect(driver.source.describe(driver.context)).rejects.toMatchObject({ code: 'QUERY_NOT_POSSIBLE' });
    }
  } finally {
    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

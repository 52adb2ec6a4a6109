import type { ReselectRequest, RowImage, Transaction } from '@millrace/core';
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
import { nextChanges, readUntil, StreamDriver } from '../stream-driver.test-support.ts';
import { hangingStatement, startWithoutStandby } from './hanging-commit.test-support.ts';

const driverOf = (database: TestDatabase): StreamDriver =>
  new StreamDriver({ connection: database.url, streamId: uniqueName('s') });

const reselect = async ({ source, abort }: StreamDriver, request: ReselectRequest) => {
  const answer = await source.reselect?.(request, abort.signal);
  if (answer === undefined) throw new Error('no reselect');
  return answer;
};

const transactionOf = (transaction: Transaction | null): Transaction => {
  if (transaction === null) throw new Error('a change without a transaction');
  return transaction;
};

const objects = (rows: readonly RowImage[]) => rows.map((row) => row.toObject());

describe.each(postgresVersions())('rows of PostgreSQL %i read once more', (version) => {
  const server = sharedPostgres(version);

  it('are found by keys of every kind, whole, each once', async () => {
    await using database = await createDatabase(server);
    await database.query(`
      CREATE DOMAIN code AS varchar(10); CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE COLLATION blind
        (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE t (a code, b mood, c char(5), d numeric, e timestamptz, f int[], g text COLLATE blind, v text,
        PRIMARY KEY (a, b, c, d, e, f, g));
      CREATE TABLE parent (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
      CREATE TABLE child PARTITION OF parent FOR VALUES FROM (0) TO (100)`);
    await using driver = driverOf(database);
    const start = await driver.start();
    const key = `'{"', 'good', 'ab', 1.50, '2026-01-02 03:04:05.678901+02', '{1,NULL}', 'NULL'`;
    const other = `'\\', 'bad', 'AB', 1.5, '-infinity', '{}', ''`;
    await database.query(`BEGIN; INSERT INTO t VALUES (${key}, 'one'), (${other}, NULL);
      INSERT INTO parent VALUES (1, 'p'); COMMIT`);
    const { changes } = await readUntil(driver.read(start), ({ table }) => table === 'public.parent');
    const keys = changes.flatMap(({ image, table }) => (table === 'public.t' && image.after ? [image.after] : []));
    const transaction = transactionOf(changes[0]?.transaction ?? null);
    const request = { table: 'public.t', keys: [...keys, ...keys], transactions: [transaction] };
    const { rows, through } = await reselect(driver, request);
    const byA = (list: readonly Record<string, unknown>[]) =>
      [...list].sort((x, y) => (String(x.a) < String(y.a) ? -1 : 1));
    expect(byA(objects(rows))).toEqual(byA(objects(keys)));
    expect(rows[0]?.relation).toBe(keys[0]?.relation);
    expect(compareLsn(through, transaction.position)).toBe(1);
    await database.query("UPDATE t SET v = 'two' WHERE d = 1.5 AND v IS NOT NULL; DELETE FROM t WHERE v IS NULL");
    const later = await reselect(driver, request);
    expect(objects(later.rows).map(({ v }) => v)).toEqual(['two']);
    expect(compareLsn(later.through, through)).toBe(1);
    const partitioned = changes.flatMap(({ image, table }) =>
      table === 'public.parent' && image.after ? [image.after] : [],
    );
    const found = await reselect(driver, { table: 'public.parent', keys: partitioned, transactions: [transaction] });
    expect(objects(found.rows)).toEqual([{ id: 1, v: 'p' }]);
  });

  it('are none where the table is gone, and as they are now where it has another shape', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY, v text)');
    await using driver = driverOf(database);
    const start = await driver.start();
    await database.query("INSERT INTO t VALUES (1, 'a')");
    const [change] = (await nextChanges(driver.read(start))).changes;
    const after = change?.image.after;
    if (change === undefined || after === null || after === undefined) throw new Error('no row');
    const request = { table: 'public.t', keys: [after], transactions: [transactionOf(change.transaction)] };
    await database.query('ALTER TABLE t ADD extra int DEFAULT 7');
    expect(objects((await reselect(driver, request)).rows)).toEqual([{ id: 1, v: 'a', extra: 7 }]);
    await database.query('DROP TABLE t');
    expect((await reselect(driver, request)).rows).toEqual([]);
  });

  it('are not looked for before readers see the transaction that is asked about', { timeout: 60_000 }, async () => {
    await using own = await startWithoutStandby(version);
    await using database = await createDatabase(own);
    await database.query('CREATE TABLE t (id int PRIMARY KEY, v text)');
    await database.query("INSERT INTO t VALUES (1, 'a')");
    await using driver = driverOf(database);
    const start = await driver.start();
    const batches = driver.read(start);
    const first = nextChanges(batches);
    await using hanging = await hangingStatement(database, 'UPDATE t SET id = 2');
    const [change] = (await first).changes;
    const after = change?.image.after;
    if (change === undefined || after === null || after === undefined) throw new Error('no row');
    const transaction = transactionOf(change.transaction);
    expect(await database.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    const answer = reselect(driver, { table: 'public.t', keys: [after], transactions: [transaction] });
    const waits = (code: string) => driver.events.some((event) => event.code === code);
    await until(() => waits('COPY_WAITS_FOR_TRANSACTIONS'), { describe: 'a report of what is waited for' });
    await hanging.show();
    expect(objects((await answer).rows)).toEqual([{ id: 2, v: 'a' }]);
  });
});

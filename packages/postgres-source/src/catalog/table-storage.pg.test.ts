import { PostgresSession } from '@millrace/postgres-client';
import { expect, test } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres } from '../../../../test/harness/index.ts';
import { readTableStorage } from './table-storage.ts';

test.each(postgresVersions())(
  'a column that is computed no more does not look like one that was added, on PostgreSQL %i',
  async (version) => {
    await using database = await createDatabase(sharedPostgres(version));
    await using session = await PostgresSession.open(database.url, { applicationName: 'test' });
    const heap = async () => (await readTableStorage(session, ['public.t'])).get('public.t')?.heap;
    await database.query('CREATE TABLE t (id int, twice int GENERATED ALWAYS AS (id * 2) STORED)');
    const before = await heap();
    await database.query('ALTER TABLE t ADD n int, ALTER id SET DEFAULT 1');
    expect(await heap()).toBe(before);
    await database.query('ALTER TABLE t ALTER twice DROP EXPRESSION');
    expect(await heap()).not.toBe(before);
  },
);

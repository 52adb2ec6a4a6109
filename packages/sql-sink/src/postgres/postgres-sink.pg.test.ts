import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres, startPostgres } from '../../../../test/harness/index.ts';
import { relationOf, transaction } from '../testing/changes.ts';
import { SinkUnderTest } from './testing/sink-under-test.ts';

const users = relationOf({
  table: 'users',
  columns: ['id bigint!', 'name text', 'balance numeric(10,2)'],
  key: ['id'],
});

describe.each(postgresVersions())('the sink on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('creates tables, writes a group and its checkpoint together, and continues from there', async () => {
    await using database = await createDatabase(server);
    await using first = new SinkUnderTest({ connection: database.url });
    const checkpoint = await first.open({ relations: [users] });
    expect(checkpoint).toMatchObject({ epoch: 1, position: null, source: null, claimed: false, tables: {} });
    expect(await first.sink.plan?.(first.context({ relations: [users] }))).toEqual({
      statements: [
        {
          table: 'public.users',
          kind: 'create-table',
          sql: 'CREATE TABLE "public"."users" (\n  "id" bigint NOT NULL,\n  "name" text,\n  "balance" numeric(10,2),\n  PRIMARY KEY ("id")\n)',
        },
      ],
    });
    await first.sink.prepare?.([users], 'stream', new AbortController().signal);
    const { changes } = transaction()
      .insert(users, { id: 1n, name: "O'Hara \\ 1", balance: '1.50' })
      .insert(users, { id: 2n, name: 'two', balance: null })
      .insert(users, { id: 3n, name: null, balance: '0.10' })
      .update(users, { id: 2n, name: 'TWO', balance: '2.00' })
      .delete(users, { id: 3n });
    await first.write(changes, '0/10');
    expect(await database.query('SELECT id, name, balance FROM users ORDER BY id')).toEqual([
      { id: '1', name: "O'Hara \\ 1", balance: '1.50' },
      { id: '2', name: 'TWO', balance: '2.00' },
    ]);
    expect(first.events).toEqual([]);
    await first.sink.close();

    await using second = new SinkUnderTest({ connection: database.url });
    expect(await second.open({ relations: [users] })).toMatchObject({ epoch: 2, position: '0/10' });
  });

  it('tries again where it finds a standby, until that is promoted', async () => {
    await using own = await startPostgres({ version });
    await using database = await createDatabase(own);
    await using sink = new SinkUnderTest({ connection: database.url });
    await sink.open({ relations: [users] });
    await sink.sink.close();
    await own.shutdown('fast');
    await writeFile(join(own.dataDirectory, 'standby.signal'), '');
    await own.start();
    await expect(sink.reopen()).rejects.toMatchObject({ code: 'SERVER_READ_ONLY', recovery: 'retry' });
    await database.query('SELECT pg_promote()');
    expect(await sink.reopen()).toMatchObject({ epoch: 2 });
  });
});

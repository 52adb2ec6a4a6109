import { expect, test } from 'vitest';
import { createDatabase, sharedPostgres, startProxy } from '../../../test/harness/index.ts';
import { PostgresSession } from './postgres-session.ts';

const open = (url: string) => PostgresSession.open(url, { applicationName: 'session', stallCheck: 200 });

test('an answer that does not arrive is noticed, however it got lost', async () => {
  await using database = await createDatabase(sharedPostgres());
  await using proxy = await startProxy({ target: database.server });
  for (const step of ['between-statements', 'commit-sent'] as const) {
    const session = await open(proxy.url(database.name));
    const held = proxy.at(step, 'freeze', { matching: /lost/ });
    await expect(session.query("SELECT 'lost'")).rejects.toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
    await held.release();
    await session.close();
  }
});

test('a statement that takes long is waited for', async () => {
  await using database = await createDatabase(sharedPostgres());
  await using session = await open(database.url);
  const { rows } = await session.query<{ n: string }>('SELECT 1 AS n FROM pg_sleep(1.5)');
  expect(rows).toEqual([{ n: '1' }]);
});

test('a message that takes long to send is not taken for answered', async () => {
  await using database = await createDatabase(sharedPostgres());
  await using proxy = await startProxy({ target: database.server });
  await using session = await open(proxy.url(database.name));
  proxy.slow(400_000);
  const { rows } = await session.query<{ n: string }>(`SELECT length('${'x'.repeat(600_000)}') AS n`);
  expect(rows).toEqual([{ n: '600000' }]);
});

test('aborting ends a wait at once, also on a connection that is frozen', async () => {
  await using database = await createDatabase(sharedPostgres());
  await using proxy = await startProxy({ target: database.server });
  await using session = await PostgresSession.open(proxy.url(database.name), { applicationName: 'session' });
  proxy.freeze();
  const begun = performance.now();
  const signal = AbortSignal.timeout(100);
  await expect(session.query('SELECT 1', [], { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - begun).toBeLessThan(1_000);
});

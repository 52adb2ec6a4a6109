import { expect, test } from 'vitest';
import { createDatabase, sharedPostgres, startProxy, uniqueName } from '../../../test/harness/index.ts';
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

test('a statement that takes long is waited for where the server gives nobody another connection', async () => {
  await using database = await createDatabase(sharedPostgres());
  const role = uniqueName('role');
  await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 1`);
  try {
    const url = Object.assign(new URL(database.url), { username: role, password: 'secret' });
    await using session = await open(url.href);
    const { rows } = await session.query<{ n: string }>('SELECT 1 AS n FROM pg_sleep(1.5)');
    expect(rows).toEqual([{ n: '1' }]);
  } finally {
    await database.query(`DROP ROLE ${role}`);
  }
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

/** A CopyData message. */
const copyData = (text: string): Buffer => {
  const bytes = Buffer.from(`d....${text}`);
  bytes.writeUInt32BE(bytes.length - 1, 1);
  return bytes;
};
const copyTwice = 'BEGIN; COPY t FROM STDIN; SELECT 7; COPY t FROM STDIN; COMMIT';

test('a script carries the data of its COPYs, in their order, and says what each statement did', async () => {
  await using database = await createDatabase(sharedPostgres());
  await database.query('CREATE TABLE public.t (n int)');
  await using session = await open(database.url);
  const text = copyTwice.replaceAll('COPY t', 'COPY public.t');
  const copies = [[copyData('1\n2\n'), copyData('3\n')], [copyData('4\n')]];
  expect(await session.script(text, { copies })).toMatchObject([
    { command: 'BEGIN' },
    { command: 'COPY', rowCount: 3 },
    { command: 'SELECT', rowCount: 1, row: ['7'] },
    { command: 'COPY', rowCount: 1, row: null },
    { command: 'COMMIT' },
  ]);
  expect(await database.query('SELECT n FROM public.t ORDER BY n')).toHaveLength(4);
});

test('data that cannot be made, or does not fit, ends the script before its COMMIT; the session goes on', async () => {
  await using database = await createDatabase(sharedPostgres());
  await database.query('CREATE TABLE public.t (n int)');
  await using session = await open(database.url);
  const text = copyTwice.replaceAll('COPY t', 'COPY public.t');
  function* broken() {
    yield copyData('2\n');
    throw new Error('no more');
  }
  const unmade = session.script(text, { copies: [[copyData('1\n')], broken()] });
  await expect(unmade).rejects.toMatchObject({ cause: { message: 'no more' } });
  await session.script('ROLLBACK');
  const wrong = session.script(text, { copies: [[copyData('x\n')], [copyData('2\n')]] });
  await expect(wrong).rejects.toMatchObject({ details: { sqlstate: '22P02' } });
  await session.script('ROLLBACK');
  expect(await database.query('SELECT n FROM public.t')).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlTestDatabase,
  mysqlNames,
  openSockets,
  sharedMysql,
  startMysql,
  startProxy,
  until,
} from '../../../../test/harness/index.ts';
import { resolveConnection } from './connection-options.ts';
import { MysqlSession, type SessionOptions } from './mysql-session.ts';

const open = (url: string, options: Partial<SessionOptions> = {}): Promise<MysqlSession> =>
  MysqlSession.open(resolveConnection(url), { applicationName: 'millrace session', ...options });

const notExpected = (): never => expect.unreachable();

const aborted = async (wait: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
  const begun = performance.now();
  await expect(wait(AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - begun).toBeLessThan(1_000);
};

describe.each(mysqlNames())('a session of %s', (name) => {
  const server = sharedMysql(name);

  it('runs statements, with values; everything comes as text', async () => {
    await using database = await createMysqlDatabase(server);
    await using session = await open(database.url);
    expect(session.server).toEqual({ kind: server.kind, version: server.version });
    const [row] = await session.query('SELECT 18446744073709551615 AS a, ? AS b, 1.10 AS c, NULL AS d, NOW() AS now', [
      "it's \\ 'ö'🙂",
    ]);
    expect(row).toEqual({
      a: '18446744073709551615',
      b: "it's \\ 'ö'🙂",
      c: '1.10',
      d: null,
      now: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    });
    expect(await session.query('CREATE TABLE t (a int)')).toEqual([]);
  });

  it('is the same whatever the server says', async () => {
    await using differing = await startMysql({
      name,
      settings: {
        default_time_zone: '+05:00',
        sql_mode: 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,NO_ZERO_DATE',
        autocommit: '0',
        lc_time_names: 'de_DE',
        lc_messages: 'de_DE',
        character_set_server: 'latin1',
        collation_server: 'latin1_bin',
        ...(server.kind === 'mariadb' ? { character_set_client_handshake: false } : {}),
        transaction_isolation: 'READ-UNCOMMITTED',
        div_precision_increment: '1',
        group_concat_max_len: '4',
        init_connect: "SET time_zone = '+07:00', sql_select_limit = 1, sql_safe_updates = 1",
      },
    });
    await using database = await createMysqlDatabase(differing);
    await database.query("CREATE TABLE t (a char(4)); INSERT INTO t VALUES ('x'), (_utf8mb4 X'C3B6'); COMMIT");
    const { url } = await database.createUser();
    await using session = await open(url);
    const isolation = server.kind === 'mysql' ? '@@transaction_isolation' : '@@tx_isolation';
    const text = `SELECT FROM_UNIXTIME(1) AS time, "it's" AS quoted, '\\\\' AS backslash, 1 / 3 AS third, a, ${isolation} AS isolation,
      DATE_FORMAT('2026-01-01', '%M') AS month, @@autocommit AS autocommit, (SELECT GROUP_CONCAT(a, a, a) FROM t) AS joined FROM t`;
    const row = {
      time: '1970-01-01 00:00:01',
      quoted: "it's",
      backslash: '\\',
      third: '0.3333',
      isolation: 'REPEATABLE-READ',
      month: 'January',
      autocommit: '1',
      joined: 'xxx,ööö',
    };
    expect(await session.query(text)).toEqual([
      { ...row, a: 'x' },
      { ...row, a: 'ö' },
    ]);
    await expect(session.query('SELECT nothing')).rejects.toThrow("Unknown column 'nothing'");
  });

  it('says what a failure means, without values and secrets', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL); INSERT INTO t VALUES (12345, 1)');
    await using session = await open(database.url);
    const failure = (sql: string) => session.query(sql, [12345]).then(notExpected, (error: unknown) => error);
    const duplicate = await failure('INSERT INTO t VALUES (?, 1)');
    expect(duplicate).toMatchObject({ code: 'CONSTRAINT_VIOLATED', details: { errno: 1062, sqlstate: '23000' } });
    const wrong = await failure('SELECT nothing FROM t WHERE a = ? AND x = "secret"');
    expect(wrong).toMatchObject({ code: 'SCHEMA_MISMATCH', details: { errno: 1054 } });
    for (const error of [duplicate, wrong]) expect(everythingIn(error)).not.toMatch(/12345|secret/);
    expect(await failure('SELECT ? FROM nothing')).toMatchObject({ code: 'SCHEMA_MISMATCH', recovery: 'operator' });
    expect(await session.query('SELECT 1 AS a')).toEqual([{ a: '1' }]);
  });

  it('cannot be opened with a wrong password, a missing database or a server that is not there', async () => {
    await using database = await createMysqlDatabase(server);
    const { url, name: user } = await database.createUser();
    const wrong = new URL(url);
    wrong.password = 'wr0ng';
    const refused = await open(wrong.href).then(notExpected, (error: unknown) => error);
    expect(refused).toMatchObject({ code: 'AUTHENTICATION_FAILED', recovery: 'operator', details: { errno: 1045 } });
    expect(everythingIn(refused)).toContain(user);
    expect(everythingIn(refused)).not.toContain('wr0ng');
    await expect(open(server.url('nothing_there'))).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
    await expect(open('mysql://x@127.0.0.1:1/')).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      recovery: 'retry',
    });
    await expect(open('mysql://x@nothing.invalid/')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it('is known to the server by its name and thread', async () => {
    await using session = await open(server.url());
    const rows = await session.query('SELECT CONNECTION_ID() AS id');
    expect(rows).toEqual([{ id: String(session.threadId) }]);
  });

  it('notices that it was killed, while it waits and while it is idle', async () => {
    await using database = await createMysqlDatabase(server);
    const lost: string[] = [];
    const [waiting, idle] = [await open(database.url), await open(database.url, { onLost: () => lost.push('idle') })];
    const answer = expect(waiting.query('SELECT SLEEP(60)')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await until(async () => (await sleeping(database)).length === 1, { describe: 'the statement' });
    for (const session of [waiting, idle]) await database.query(`KILL ${session.threadId}`);
    await answer;
    await until(() => lost.length === 1, { describe: 'the loss' });
    await expect(idle.query('SELECT 1')).rejects.toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
    for (const session of [waiting, idle]) await session.close();
    expect(lost).toEqual(['idle']);
  });

  it('ends every wait at its signal, also on a connection that is frozen', async () => {
    await using database = await createMysqlDatabase(server);
    await using proxy = await startProxy({ target: database.server });
    const session = await open(proxy.url(database.name));
    const encrypted = await open(`${proxy.url(database.name)}?ssl=preferred`);
    proxy.freeze();
    await aborted((signal) => session.query('SELECT 1', [], { signal }));
    await aborted((signal) => encrypted.query('SELECT 1', [], { signal }));
    await aborted((signal) => open(proxy.url(database.name), { signal }));
    await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(open(proxy.url(database.name), { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    );
    const begun = performance.now();
    const slow = `${proxy.url(database.name)}?connectTimeout=200`;
    await expect(open(slow)).rejects.toMatchObject({ code: 'CONNECTION_FAILED', details: { system: 'ETIMEDOUT' } });
    expect(performance.now() - begun).toBeLessThan(1_500);
    for (const one of [session, encrypted]) await one.close();
  });

  it('is given up when no answer comes behind the login', async () => {
    await using silent = await startMysql({ name, settings: { init_connect: 'DO SLEEP(10)' } });
    await using database = await createMysqlDatabase(silent);
    const { url } = await database.createUser();
    await expect(open(`${url}?connectTimeout=1000`)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('does not answer'),
    });
    await aborted((signal) => open(url, { signal }));
  });

  it('closes in order, as often as it is asked to, and within a second and a half when it is frozen', async () => {
    await using database = await createMysqlDatabase(server);
    await using proxy = await startProxy({ target: database.server });
    await database.query('SELECT 1');
    const sockets = openSockets();
    const session = await open(database.url);
    await Promise.all([session.close(), session.close()]);
    await session.close();
    const frozen = await open(proxy.url(database.name));
    proxy.freeze();
    const begun = performance.now();
    await frozen.close();
    expect(performance.now() - begun).toBeLessThan(1_500);
    proxy.thaw();
    await until(() => openSockets() === sockets, { describe: 'sockets to be closed' });
  });
});

const sleeping = async (database: MysqlTestDatabase) =>
  (await database.processes()).filter(
    ({ db, statement }) => db === database.name && statement.startsWith('SELECT SLEEP'),
  );

/** Everything that printing an error could show. */
const everythingIn = (error: unknown): string => {
  if (!(error instanceof Error)) return JSON.stringify(error);
  const own = Object.getOwnPropertyNames(error).map((name) => Reflect.get(error, name) as unknown);
  return own.map((value) => (value instanceof Error ? everythingIn(value) : JSON.stringify(value))).join(' ');
};

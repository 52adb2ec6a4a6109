import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
  startProxy,
  until,
} from '../../../test/harness/index.ts';
import { resolveConnection } from './connection/connection-options.ts';
import { quoteIdentifier, quoteLiteral } from './identifier.ts';
import { ScriptSession } from './script-session.ts';
import type { ScriptSessionOptions } from './script-session-options.ts';

const open = (url: string, options: Partial<ScriptSessionOptions> = {}): Promise<ScriptSession> => {
  const { signal } = new AbortController();
  return ScriptSession.open({
    connection: resolveConnection(url),
    applicationName: 'millrace script',
    signal,
    flags: ['LOCAL_FILES'],
    ...options,
  });
};

const load = "LOAD DATA LOCAL INFILE 'given' INTO TABLE t CHARACTER SET binary (a, b)";
const nothing = { affectedRows: 0, warnings: 0, info: '', rows: [], columns: [] };

describe.each(mysqlNames())('a script on %s', (name) => {
  const server = sharedMysql(name);

  const makeDatabase = async (): Promise<MysqlTestDatabase> => {
    const database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (a int PRIMARY KEY, b longblob)');
    return database;
  };

  it('says what each of its statements has done', async () => {
    await using database = await makeDatabase();
    const session = await open(database.url, { settings: ["SET @given = 'yes'"] });
    const outcomes = await session.script([
      'START TRANSACTION',
      Buffer.concat([
        Buffer.from('INSERT INTO t VALUES (1, '),
        quotedBytes(Buffer.of(0xff, 0, 0x27, 0x80)),
        Buffer.from(')'),
      ]),
      "INSERT INTO t VALUES (2, 'ö'), (3, NULL)",
      'UPDATE t SET b = b',
      'SELECT a, HEX(b) AS `the b`, @given FROM t ORDER BY a',
      'SELECT 1 AS one WHERE 1 = 0',
      'DROP TEMPORARY TABLE IF EXISTS no_such_table',
      'DELETE FROM t WHERE a > 1',
      'COMMIT',
    ]);
    expect(outcomes).toEqual([
      nothing,
      { ...nothing, affectedRows: 1 },
      { ...nothing, affectedRows: 2, info: expect.stringMatching(/^Records: 2 /) },
      { ...nothing, affectedRows: 3, info: expect.stringMatching(/^Rows matched: 3 {2}Changed: 0 /) },
      {
        ...nothing,
        columns: ['a', 'the b', '@given'],
        rows: [
          ['1', 'FF002780', 'yes'],
          ['2', 'C3B6', 'yes'],
          ['3', null, 'yes'],
        ],
      },
      { ...nothing, columns: ['one'] },
      { ...nothing, warnings: 1 },
      { ...nothing, affectedRows: 2 },
      nothing,
    ]);
    expect(await session.query('SELECT CONNECTION_ID() AS id')).toEqual([{ id: String(session.threadId) }]);
    await session.close();
  });

  it('takes what is asked while it is busy one after the other, also behind one that fails', async () => {
    await using database = await makeDatabase();
    const session = await open(database.url);
    const asked = [['DO SLEEP(0.1)', 'SELECT 1'], ['SELECT * FROM nothing'], ['SELECT 2'], ['SELECT 3']];
    const answers = await Promise.allSettled(asked.map((statements) => session.script(statements)));
    const rows = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.at(-1)?.rows : 'refused'));
    expect(rows).toEqual([[['1']], 'refused', [['2']], [['3']]]);
    await session.close();
  });

  it('gives up an answer that got lost on the way, and waits for a statement that takes long', async () => {
    await using database = await makeDatabase();
    await using proxy = await startProxy({ target: server });
    const session = await open(proxy.url(database.name), { stallCheck: 100 });
    // With a text that a table of the information schema cannot show.
    expect(await session.script(["DO SLEEP(1), '🙂'", 'SELECT 1'])).toMatchObject([{}, { rows: [['1']] }]);
    for (const connection of proxy.connections) connection.freeze();
    await expect(session.script(['SELECT 2'])).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringMatching(/out of reach|got lost/),
    });
  });

  it('waits for a statement that takes long where the server gives nobody another connection', async () => {
    await using database = await makeDatabase();
    const user = await database.createUser();
    await database.query(`ALTER USER ${user.name} WITH MAX_USER_CONNECTIONS 1`);
    const session = await open(user.url, { stallCheck: 100 });
    expect(await session.script(['DO SLEEP(1)', 'SELECT 1'])).toMatchObject([{}, { rows: [['1']] }]);
    await session.close();
  });

  it('ends at the statement that fails, and says which one that is', async () => {
    await using database = await makeDatabase();
    const session = await open(database.url);
    const failing = (statement: string) =>
      session.script(['INSERT INTO t VALUES (1, NULL)', 'SELECT 1 UNION SELECT 2', statement, 'DELETE FROM t'], {
        doing: 'try it',
      });
    await session.script(['START TRANSACTION']);
    await expect(failing("INSERT INTO t VALUES ('secret', NULL)")).rejects.toMatchObject({
      code: 'VALUE_REJECTED',
      recovery: 'operator',
      message: expect.stringMatching(/^Could not try it: the message is withheld/),
      details: { errno: 1366, statement: 2 },
    });
    expect(await session.query('SELECT a FROM t')).toEqual([{ a: '1' }]);
    await session.script(['DELETE FROM t']);
    await expect(failing('INSERT INTO t VALUES (1, 1)')).rejects.toMatchObject({
      code: 'CONSTRAINT_VIOLATED',
      details: { errno: 1062, statement: 2 },
    });
    await session.script(['DELETE FROM t']);
    await expect(failing('INSERT INTO nowhere VALUES (1)')).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      details: { errno: 1146, statement: 2 },
    });
    await session.close();
  });

  it.each([
    ["'too long for the column'", 'varchar(3)', 1406],
    ['300', 'tinyint', 1264],
    ["'no date'", 'date', 1292],
    ["'c'", "enum('a', 'b')", 1265],
  ])('rejects %s for %s', async (value, type, errno) => {
    await using database = await createMysqlDatabase(server);
    const session = await open(database.url);
    const written = session.script([`CREATE TABLE v (a ${type})`, `INSERT INTO v VALUES (${value})`]);
    await expect(written).rejects.toMatchObject({
      code: 'VALUE_REJECTED',
      details: { errno, statement: 1, column: 'a' },
    });
    await session.close();
  });

  it('loads data that is made while it is sent, anywhere among the statements', async () => {
    await using database = await makeDatabase();
    const session = await open(database.url);
    const count = 40_000;
    function* data(): Generator<Buffer> {
      for (let row = 0; row < count; row += 100) {
        const lines = Array.from({ length: 100 }, (_, index) => `${row + index}\t${'x'.repeat(100)}\n`);
        yield Buffer.from(lines.join(''));
      }
    }
    const outcomes = await session.script(['START TRANSACTION', load, 'SELECT COUNT(*) AS n FROM t', 'COMMIT'], {
      data: data(),
    });
    const info = `Records: ${count}  Deleted: 0  Skipped: 0  Warnings: 0`;
    expect(outcomes[1]).toEqual({ ...nothing, affectedRows: count, info });
    expect(outcomes[2]?.rows).toEqual([[String(count)]]);
    // One piece of more than a packet, and none at all.
    await session.script([load, 'COMMIT'], { data: [Buffer.from(`-1\t${'y'.repeat(17_000_000)}\n`)] });
    expect(await session.query('SELECT LENGTH(b) AS length FROM t WHERE a = -1')).toEqual([{ length: '17000000' }]);
    const [empty] = await session.script([load], { data: [] });
    expect(empty).toMatchObject({ affectedRows: 0, info: 'Records: 0  Deleted: 0  Skipped: 0  Warnings: 0' });
    await session.close();
  });

  it('says of data what the server has changed or left out, which it does without an error', async () => {
    await using database = await makeDatabase();
    const session = await open(database.url);
    const data = [Buffer.from('1\tone\nx\ttwo\n1\tthree\n')];
    const [outcome] = await session.script([load], { data });
    const info = 'Records: 3  Deleted: 0  Skipped: 1  Warnings: 2';
    expect(outcome).toEqual({ ...nothing, affectedRows: 2, warnings: 2, info });
    expect(await session.query('SELECT a, b FROM t ORDER BY a')).toEqual([
      { a: '0', b: 'two' },
      { a: '1', b: 'one' },
    ]);
    await session.close();
  });

  it('can go on after data that the server refuses', async () => {
    await using database = await makeDatabase();
    const refuse = "IF NEW.a = 2 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'secret'; END IF";
    await database.query(`CREATE TRIGGER refuse BEFORE INSERT ON t FOR EACH ROW ${refuse}`);
    const session = await open(database.url);
    const data = ['1\tone\n2\ttwo\n', '3\tthree\n'.repeat(1_000_000)].map((text) => Buffer.from(text));
    await expect(session.script(['START TRANSACTION', load, 'COMMIT'], { data })).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
      details: { errno: 1644, statement: 1 },
    });
    await session.script(['ROLLBACK']);
    expect(await session.query('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '0' }]);
    await session.close();
  });

  it('gives no file to a server that asks for one, and lets nothing be committed without it', async () => {
    await using database = await makeDatabase();
    const insert = "INSERT INTO t VALUES (1, 'one')";
    const session = await open(database.url);
    await expect(session.script(['START TRANSACTION', insert, load, 'COMMIT'])).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
      details: { statement: 2 },
    });
    const other = await open(database.url);
    const data = [Buffer.from('2\ttwo\n')];
    await expect(other.script([load, load, 'COMMIT'], { data })).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
      details: { statement: 1 },
    });
    const broken = await open(database.url);
    function* breaking(): Generator<Buffer> {
      for (let row = 10; row < 100_010; row++) yield Buffer.from(`${row}\tsome text\n`);
      throw new Error('no more of it');
    }
    await expect(broken.script(['START TRANSACTION', load, 'COMMIT'], { data: breaking() })).rejects.toThrow(
      'no more of it',
    );
    const without = await open(database.url, { flags: [] });
    await expect(without.script([load], { data })).rejects.toMatchObject({ code: 'STATEMENT_FAILED' });
    await without.close();
    await until(async () => (await threads(database)).length === 0, { describe: 'the connections to end' });
    expect(await database.query('SELECT a FROM t WHERE a <> 2')).toEqual([]);
  });

  it('sends a statement that is larger than a packet', async () => {
    await using database = await makeDatabase();
    const session = await open(database.url);
    const value = Buffer.alloc(20_000_000, 'z');
    const outcomes = await session.script([
      'START TRANSACTION',
      Buffer.concat([Buffer.from("INSERT INTO t VALUES (1, '"), value, Buffer.from("')")]),
      "INSERT INTO t VALUES (2, 'behind')",
      'COMMIT',
    ]);
    expect(outcomes.map(({ affectedRows }) => affectedRows)).toEqual([0, 1, 1, 0]);
    expect(await session.query('SELECT b = REPEAT(?, 20000000) AS same FROM t WHERE a = 1', ['z'])).toEqual([
      { same: '1' },
    ]);
    await session.close();
  });

  it('ends at its signal: while it runs, and while nobody takes what it sends', async () => {
    await using database = await makeDatabase();
    const session = await open(database.url);
    const controller = new AbortController();
    const running = session.script(['START TRANSACTION', "INSERT INTO t VALUES (1, 'one')", 'DO SLEEP(60)', 'COMMIT'], {
      signal: controller.signal,
    });
    await until(async () => (await threads(database, 'SLEEP')).length === 1, { describe: 'the statement to run' });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(session.script(['DO 0'])).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await using proxy = await startProxy({ target: database.server });
    const frozen = await open(proxy.url(database.name));
    proxy.freeze();
    const large = Buffer.concat([Buffer.from("DO '"), Buffer.alloc(50_000_000, 'z'), Buffer.from("'")]);
    await expect(frozen.script([large], { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await expect(frozen.script(['DO 0'], { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  it('writes texts and names as they are', async () => {
    await using database = await createMysqlDatabase(server);
    const session = await open(database.url);
    const text = "it's \\ '' \\' \0 \n \x1a % 🙂";
    const column = 'a ` \' " b';
    const [outcome] = await session.script([`SELECT ${quoteLiteral(text)} AS ${quoteIdentifier(column)}`]);
    expect(outcome).toMatchObject({ rows: [[text]], columns: [column] });
    await session.close();
  });
});

/** Bytes as a constant that is no text of its own. */
const quotedBytes = (bytes: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from("_binary '"),
    ...[...bytes].map((byte) => (byte === 0x27 || byte === 0x5c ? Buffer.of(byte, byte) : Buffer.of(byte))),
    Buffer.from("'"),
  ]);

const threads = async (database: MysqlTestDatabase, part = ''): Promise<readonly unknown[]> =>
  (await database.processes()).filter(({ db, statement }) => db === database.name && statement.includes(part));

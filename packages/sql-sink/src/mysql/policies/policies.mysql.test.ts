import type { Relation } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlProcess,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
  until,
} from '../../../../../test/harness/index.ts';
import { relationOf } from '../../testing/changes.ts';
import { TargetUnderTest } from '../testing/target-under-test.ts';

const tableOf = (table: string): Relation => relationOf({ table, columns: ['id integer!', 'v text'], key: ['id'] });
const [users, orders] = [tableOf('users'), tableOf('orders')];

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, v text, mine int); INSERT INTO users VALUES (1, 'old', 1);
  CREATE TABLE orders (id bigint PRIMARY KEY, v text, FOREIGN KEY (id) REFERENCES users (id)); INSERT INTO orders VALUES (1, 'old')`;

const prepare = (target: TargetUnderTest, relations: readonly Relation[] = [users, orders]) =>
  target.start(relations, 'snapshot');

const errors = async (target: TargetUnderTest, relations: readonly Relation[] = [users, orders], copies = true) =>
  (await target.failed(relations, { copies })).filter(({ level }) => level === 'error');

const rowsOf = async (database: MysqlTestDatabase, table: string) =>
  (await database.query(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => id);

const preparedOf = async (database: MysqlTestDatabase) =>
  JSON.parse((await database.query<{ prepared: string }>('SELECT prepared FROM checkpoint'))[0]?.prepared ?? '');

const pending = { state: 'pending', from: '0/1', ranges: [], through: null } as const;

describe.each(mysqlNames())('what becomes of tables that exist on %s', (name) => {
  const server = sharedMysql(name);

  it('they are dropped and made anew, or emptied, once in a snapshot', async () => {
    for (const options of [{ schemaPolicy: 'drop-and-recreate' }, { existingRows: 'truncate-and-load' }] as const) {
      await using database = await createMysqlDatabase(server);
      await database.query(schema);
      await using target = new TargetUnderTest(database.url, options);
      await prepare(target);
      expect([await rowsOf(database, 'users'), await rowsOf(database, 'orders')]).toEqual([[], []]);
      const mine = "SHOW COLUMNS FROM users LIKE 'mine'";
      expect(await database.query(mine)).toHaveLength('schemaPolicy' in options ? 0 : 1);
      // The process ended before it had a position, and again before the first chunk.
      await database.query("INSERT INTO users (id, v) VALUES (7, 'theirs')");
      for (const position of [null, '0/1']) {
        await using again = new TargetUnderTest(database.url, options);
        await expect(prepare(again)).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
        const tables = position === null ? {} : { 'public.users': pending, 'public.orders': pending };
        await again.stream.write({ position, tables });
      }
      expect(await rowsOf(database, 'users')).toEqual([7]);
      // Another snapshot.
      await using always = new TargetUnderTest(database.url, options);
      await always.stream.open();
      await always.stream.write({ position: null, tables: {} });
      await prepare(always);
      expect(await rowsOf(database, 'users')).toEqual([]);
    }
  });

  it('nothing is dropped or emptied of tables that are not about to be copied', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(schema);
    await using target = new TargetUnderTest(database.url, {
      schemaPolicy: 'drop-and-recreate',
      existingRows: 'truncate-and-load',
    });
    await target.start([users, orders], 'stream');
    await target.stream.write({
      tables: { 'public.users': { ...pending, state: 'copying' }, 'public.orders': pending },
    });
    await target.start([users], 'snapshot');
    expect([await rowsOf(database, 'users'), await rowsOf(database, 'orders')]).toEqual([[1], [1]]);
  });

  it('by table, another one than the rest', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(`${schema}; DELETE FROM orders; ALTER TABLE orders DROP FOREIGN KEY orders_ibfk_1`);
    await using target = new TargetUnderTest(database.url, {
      schemaPolicy: 'validate-existing',
      tables: {
        'public.users': { schemaPolicy: 'drop-and-recreate' },
        'public.items': { schemaPolicy: 'create-missing' },
      },
    });
    expect(await errors(target, [users, orders, tableOf('items'), tableOf('late')])).toMatchObject([
      {
        code: 'TARGET_TABLE_MISSING',
        path: 'sink.schemaPolicy',
        fix: expect.stringContaining(`CREATE TABLE \`${database.name}\`.\`late\``),
      },
    ]);
    await prepare(target, [users, orders, tableOf('items')]);
    expect([await rowsOf(database, 'users'), await rowsOf(database, 'items')]).toEqual([[], []]);
    await expect(target.prepare([tableOf('late')], 'stream')).rejects.toMatchObject({
      code: 'TARGET_TABLE_MISSING',
      details: { table: `${database.name}.late` },
    });
  });

  it('a name that stands for no captured table is an error', async () => {
    await using database = await createMysqlDatabase(server);
    const tables = { 'public.user': { existingRows: 'truncate-and-load' } } as const;
    await using target = new TargetUnderTest(database.url, { tables });
    expect(await errors(target)).toMatchObject([{ code: 'NAME_UNKNOWN', path: 'sink.tables.public.user' }]);
  });

  it('fail-if-exists refuses them, and makes its own', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE users (id bigint PRIMARY KEY, v text)');
    const options = { schemaPolicy: 'fail-if-exists' } as const;
    await using target = new TargetUnderTest(database.url, options);
    const exists = { code: 'TARGET_TABLE_EXISTS' };
    expect(await errors(target)).toMatchObject([{ ...exists, fix: `DROP TABLE \`${database.name}\`.\`users\`;` }]);
    await expect(prepare(target)).rejects.toMatchObject({ ...exists, details: { table: `${database.name}.users` } });
    expect(await database.query("SHOW TABLES LIKE 'orders'")).toEqual([]);
    await database.query('DROP TABLE users');
    await prepare(target);
    await using again = new TargetUnderTest(database.url, options);
    expect(await errors(again)).toEqual([]);
    await prepare(again);
  });

  it('foreign keys of other tables keep one from being dropped, and none from being emptied', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(`${schema}; CREATE VIEW seen AS SELECT v FROM users;
      CREATE TABLE bills (id int PRIMARY KEY, payer bigint, CONSTRAINT paid FOREIGN KEY (payer) REFERENCES users (id))`);
    await using target = new TargetUnderTest(database.url, { schemaPolicy: 'drop-and-recreate' });
    const needed = {
      code: 'TARGET_TABLE_HAS_DEPENDENTS',
      message: `Target table ${database.name}.users cannot be dropped: foreign key paid of table ${database.name}.bills depends on it`,
    };
    expect(await errors(target)).toMatchObject([needed]);
    await expect(prepare(target)).rejects.toMatchObject({ ...needed, details: { table: `${database.name}.users` } });
    expect(await rowsOf(database, 'users')).toEqual([1]);
    await using emptying = new TargetUnderTest(database.url, { existingRows: 'truncate-and-load' });
    expect(await errors(emptying)).toEqual([]);
    await prepare(emptying);
    expect([await rowsOf(database, 'users'), await rowsOf(database, 'orders')]).toEqual([[], []]);
  });

  it.runIf(server.kind === 'mariadb')('a table that keeps its history is emptied without DROP', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(`CREATE TABLE users (id bigint PRIMARY KEY, v longtext) WITH SYSTEM VERSIONING;
      INSERT INTO users (id) VALUES (1)`);
    const { url } = await database.createUser([
      `CREATE, SELECT, INSERT, UPDATE, DELETE, TRIGGER ON ${database.name}.*`,
    ]);
    await using target = new TargetUnderTest(url, { existingRows: 'truncate-and-load' });
    expect(await errors(target, [users])).toEqual([]);
    await prepare(target, [users]);
    expect(await rowsOf(database, 'users')).toEqual([]);
  });

  it('a table of another shape fits when it is about to be dropped, and a view does not', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query("CREATE TABLE users (name text); CREATE VIEW orders AS SELECT 1 AS id, '' AS v");
    await using target = new TargetUnderTest(database.url, { schemaPolicy: 'drop-and-recreate' });
    expect(await errors(target)).toMatchObject([{ code: 'TARGET_TABLE_UNSUITABLE' }]);
    expect(await errors(target, [users], false)).toMatchObject([
      { code: 'SCHEMA_MISMATCH' },
      { code: 'SCHEMA_MISMATCH' },
      { code: 'TARGET_KEY_MISSING' },
    ]);
    await prepare(target, [users]);
  });

  it('what the user may not do is said with the statement that lets it', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query("CREATE TABLE users (id bigint PRIMARY KEY, v text); INSERT INTO users VALUES (1, 'old')");
    const { url, name: user } = await database.createUser([
      `CREATE, SELECT, INSERT, UPDATE, DELETE, TRIGGER ON ${database.name}.*`,
    ]);
    for (const options of [{ schemaPolicy: 'drop-and-recreate' }, { existingRows: 'truncate-and-load' }] as const) {
      await using target = new TargetUnderTest(url, options);
      const fix = `GRANT DROP ON \`${database.name}\`.\`users\` TO '${user}'@'%';`;
      expect(await errors(target, [users])).toMatchObject([{ code: 'PERMISSION_DENIED', fix }]);
      await expect(prepare(target, [users])).rejects.toMatchObject({ code: 'PERMISSION_DENIED', hint: fix });
      await database.query(fix);
      expect(await errors(target, [users])).toEqual([]);
      await prepare(target, [users]);
      await database.query(`REVOKE DROP ON ${database.name}.users FROM ${user}; INSERT IGNORE INTO users VALUES (1, 'old');
        UPDATE checkpoint SET prepared = '[]'`);
    }
  });

  it('another process that has taken over keeps its tables', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(schema);
    for (const options of [{ schemaPolicy: 'drop-and-recreate' }, { existingRows: 'truncate-and-load' }] as const) {
      await using target = new TargetUnderTest(database.url, options);
      await target.stream.open();
      await database.query('UPDATE checkpoint SET epoch = epoch + 1');
      await expect(target.prepare([users, orders], 'snapshot')).rejects.toMatchObject({ code: 'FENCED' });
      expect(await rowsOf(database, 'users')).toEqual([1]);
    }
  });

  it('what was interrupted ahead of its record is done again', async () => {
    for (const options of [
      { schemaPolicy: 'drop-and-recreate' },
      { schemaPolicy: 'fail-if-exists' },
      { existingRows: 'truncate-and-load' },
    ] as const) {
      await using database = await createMysqlDatabase(server);
      const fails = 'schemaPolicy' in options && options.schemaPolicy === 'fail-if-exists';
      if (!fails) await database.query(schema);
      const target = new TargetUnderTest(database.url, options);
      await target.stream.open();
      const other = await database.connect();
      await other.query('START TRANSACTION');
      await other.query('SELECT * FROM checkpoint FOR UPDATE');
      const ended = target.prepare([users, orders], 'snapshot').catch((error) => error);
      // It waits with the record.
      const { threadId } = target.stream.opened.session;
      const waits = ({ id, statement }: MysqlProcess) => id === threadId && /^UPDATE.*prepared/s.test(statement);
      await until(async () => (await database.processes()).some(waits), { describe: 'the record waits' });
      await database.query(`KILL ${threadId}`);
      expect(await ended).toMatchObject({ code: 'CONNECTION_LOST' });
      await other.query('ROLLBACK');
      expect(await preparedOf(database)).toEqual([]);
      await using again = new TargetUnderTest(database.url, options);
      await prepare(again);
      expect([await rowsOf(database, 'users'), await rowsOf(database, 'orders')]).toEqual([[], []]);
      expect(await preparedOf(database)).toEqual(['public.users', 'public.orders']);
    }
  });

  it('what was made ahead of an interruption is not met as foreign', async () => {
    await using database = await createMysqlDatabase(server);
    const { url, name: user } = await database.createUser([
      `SELECT, INSERT, UPDATE, DELETE ON ${database.name}.*`,
      ...['checkpoint', 'copy_range', 'users'].map((table) => `CREATE ON ${database.name}.${table}`),
    ]);
    await using target = new TargetUnderTest(url, { schemaPolicy: 'fail-if-exists' });
    await expect(prepare(target)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await rowsOf(database, 'users')).toEqual([]);
    await database.query(`GRANT CREATE ON ${database.name}.* TO ${user}`);
    await using again = new TargetUnderTest(url, { schemaPolicy: 'fail-if-exists' });
    await prepare(again);
    expect(await rowsOf(database, 'orders')).toEqual([]);
  });

  it('tables of several snapshots are remembered together', async () => {
    await using database = await createMysqlDatabase(server);
    await using target = new TargetUnderTest(database.url, { existingRows: 'truncate-and-load' });
    await prepare(target, [users]);
    await prepare(target, [orders]);
    expect(await preparedOf(database)).toEqual(['public.users', 'public.orders']);
  });
});

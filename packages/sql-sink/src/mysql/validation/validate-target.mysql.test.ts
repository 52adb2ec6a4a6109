import type { ValidationItem } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  mysqlNames,
  sharedMysql,
  startMysql,
  startProxy,
  uniqueName,
} from '../../../../../test/harness/index.ts';
import type { StructureOption } from '../../structure/structure-option.ts';
import { relationOf } from '../../testing/changes.ts';
import { TargetUnderTest } from '../testing/target-under-test.ts';

const users = relationOf({ table: 'users', columns: ['id integer!', 'email text'], key: ['id'] });

const states = (items: readonly ValidationItem[]) => items.map(({ code, state }) => `${code} ${state}`);
const checks = ['CONNECTION', 'SERVER', 'CHECKPOINT_TABLE', 'TAKEOVER', 'TARGET_TABLES', 'TABLE_CREATION'];
const unchecked = checks.slice(1).map((code) => `${code} not-executed`);

describe.each(mysqlNames())('validation on %s', (name) => {
  const server = sharedMysql(name);

  it('passes for an empty database, and creates nothing', async () => {
    await using database = await createMysqlDatabase(server);
    const schema = uniqueName('progress');
    await using target = new TargetUnderTest(database.url, { schema });
    expect(states(await target.validate([users]))).toEqual(checks.map((code) => `${code} passed`));
    const found = 'SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?, ?)';
    expect(await database.query(found, [schema, database.name])).toEqual([]);
  });

  it('says everything that is missing for a user without rights, and its fixes fix it', async () => {
    await using database = await createMysqlDatabase(server);
    const [schema, fresh] = [uniqueName('progress'), uniqueName('fresh')];
    await database.query('CREATE TABLE orders (id bigint PRIMARY KEY)');
    const orders = relationOf({ table: 'orders', columns: ['id integer!'], key: ['id'] });
    const made = relationOf({ schema: 'fresh', table: 'made', columns: ['id integer!'], key: ['id'] });
    const { url, name: user } = await database.createUser([`SELECT ON ${database.name}.orders`]);
    const targetSchema = { public: database.name, fresh };
    await using target = new TargetUnderTest(url, { schema, targetSchema });
    const relations = [users, orders, made];
    const account = `'${user}'@'%'`;
    const trigger = server.kind === 'mysql' ? ', TRIGGER' : '';
    try {
      const found = await target.failed(relations);
      expect(found.map(({ code, level, message }) => `${code} ${level} ${message}`)).toEqual([
        `PERMISSION_DENIED error User ${account} lacks CREATE, SELECT, INSERT, UPDATE, DELETE on the database \`${schema}\` of the checkpoints`,
        `PERMISSION_DENIED error User ${account} lacks INSERT, UPDATE, DELETE${trigger} on target table ${database.name}.orders`,
        `PERMISSION_DENIED error User ${account} may not create ${database.name}.users, or not write there: it lacks CREATE, SELECT, INSERT, UPDATE, DELETE${trigger}`,
        `PERMISSION_DENIED error User ${account} may not create ${fresh}.made, or not write there: it lacks CREATE, SELECT, INSERT, UPDATE, DELETE${trigger}`,
      ]);
      for (const { fix } of found) await database.query(fix ?? '');
      expect(await target.failed(relations)).toEqual([]);
      await target.start(relations);
      expect(await target.failed(relations)).toEqual([]);
      // A user's rights may be those of a role.
      const role = uniqueName('role');
      const { url: byRole, name: other } = await database.createUser([]);
      await database.query(
        `CREATE ROLE ${role}; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, TRIGGER ON *.* TO ${role}; GRANT ${role} TO ${other}`,
      );
      await database.query(`SET DEFAULT ROLE ${role} ${server.kind === 'mysql' ? 'TO' : 'FOR'} ${other}`);
      await using second = new TargetUnderTest(byRole, { schema, targetSchema }, 'second');
      expect(await second.failed(relations)).toEqual([]);
      await second.start(relations);
      await database.query(`DROP ROLE ${role}`);
    } finally {
      await database.query(`DROP DATABASE IF EXISTS ${schema}; DROP DATABASE IF EXISTS ${fresh}`);
    }
  });

  it('warns of structure that the user may not make, and the fix is enough to make it', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE orders (id bigint PRIMARY KEY, note longtext, user bigint)');
    const columns = ['id integer!', 'note text', 'user integer'];
    const orders = relationOf({ table: 'orders', columns, key: ['id'] });
    const { url, name: user } = await database.createUser([
      `CREATE, SELECT, INSERT, UPDATE, DELETE, TRIGGER ON ${database.name}.*`,
    ]);
    const schema = database.name;
    const warned = async (structure: StructureOption) => {
      await using target = new TargetUnderTest(url, { schema, structure });
      return (await target.failed([users, orders])).map(({ level, path, message, fix }) => [level, path, message, fix]);
    };
    const account = `'${user}'@'%'`;
    const finding = (missing: string) => [
      'warning',
      'sink.structure',
      `${schema}.users, ${schema}.orders would go without structure: user ${account} lacks ${missing}`,
      `GRANT ${missing} ON \`${schema}\`.* TO ${account};`,
    ];
    expect(await warned('key-only')).toEqual([]);
    expect(await warned(['indexes', 'comments'])).toEqual([finding('ALTER')]);
    expect(await warned('all')).toEqual([finding('ALTER, REFERENCES')]);
    const statements = [
      'ALTER TABLE orders ADD INDEX notes (note(10))',
      'ALTER TABLE orders ADD CONSTRAINT own FOREIGN KEY (user) REFERENCES orders (id)',
      "ALTER TABLE orders COMMENT = 'all'",
    ];
    await using target = new TargetUnderTest(url, { schema });
    const run = async (sql: string) => {
      const session = await target.stream.connect();
      await session.script([sql], { signal: new AbortController().signal, doing: 'alter a table' });
    };
    for (const sql of statements) await expect(run(sql)).rejects.toThrow('denied');
    await database.query(finding('ALTER, REFERENCES')[3] ?? '');
    for (const sql of statements) await run(sql);
    expect(await warned('all')).toEqual([]);
  });

  it('names what does not fit in the target tables, with its fix', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(`CREATE TABLE users (id bigint, extra int NOT NULL, free int NOT NULL DEFAULT 1, email varchar(9));
      CREATE TABLE prices (id bigint PRIMARY KEY, price decimal(8,1), total int GENERATED ALWAYS AS (id * 2) STORED);
      CREATE TABLE seen_once (id bigint PRIMARY KEY) ENGINE = MyISAM; CREATE VIEW seen AS SELECT 1 AS id`);
    const wide = relationOf({ table: 'users', columns: ['id integer!', 'email text', 'age integer'], key: ['id'] });
    const columns = ['id integer!', 'price numeric(8,2)', 'total integer'];
    const prices = relationOf({ table: 'prices', columns, key: ['id'] });
    const [once, seen] = ['seen_once', 'seen'].map((table) =>
      relationOf({ table, columns: ['id integer!'], key: ['id'] }),
    );
    await using target = new TargetUnderTest(database.url);
    const found = await target.failed([wide, prices, once ?? wide, seen ?? wide]);
    const alter = (table: string) => `ALTER TABLE \`${database.name}\`.\`${table}\``;
    expect(found.map(({ code, level, path, fix }) => [code, level, path, fix])).toEqual([
      ['TYPE_DIFFERS', 'warning', 'tables', null],
      ['SCHEMA_MISMATCH', 'error', 'tables', expect.stringContaining(`${alter('users')} ADD COLUMN \`age\``)],
      [
        'SCHEMA_MISMATCH',
        'error',
        'tables',
        `${alter('users')} MODIFY COLUMN \`extra\` ${server.kind === 'mysql' ? 'int' : 'int(11)'} NULL;`,
      ],
      ['TARGET_KEY_MISSING', 'error', 'tables', `${alter('users')} ADD UNIQUE INDEX (\`id\`);`],
      ['SCHEMA_MISMATCH', 'error', 'tables', `${alter('prices')} MODIFY COLUMN \`price\` decimal(8,2);`],
      ['TARGET_COLUMN_GENERATED', 'warning', 'tables', null],
      ['TARGET_TABLE_UNSUITABLE', 'error', 'tables', `${alter('seen_once')} ENGINE=InnoDB;`],
      ['TARGET_TABLE_UNSUITABLE', 'error', 'tables', null],
    ]);
    const unsure = await target.failed([wide], { unsureTables: new Set(['public.users']) });
    expect(unsure.map(({ code }) => code)).toEqual(['TARGET_KEY_MISSING']);
  });

  it('warns of triggers, which act on every row', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(`CREATE TABLE users (id bigint PRIMARY KEY, email longtext);
      CREATE TRIGGER touched BEFORE INSERT ON users FOR EACH ROW SET NEW.email = 'x'`);
    await using target = new TargetUnderTest(database.url);
    expect(await target.failed([users])).toMatchObject([
      { code: 'TARGET_TRIGGER', level: 'warning', fix: `DROP TRIGGER \`${database.name}\`.\`touched\`;` },
    ]);
  });

  it('warns of a connection that writes and belongs to a user out of reach', async () => {
    await using database = await createMysqlDatabase(server);
    await using old = new TargetUnderTest((await database.createUser()).url);
    await old.stream.open();
    const { url, name: user } = await database.createUser();
    const ends = server.kind === 'mysql' ? 'CONNECTION_ADMIN' : 'CONNECTION ADMIN';
    await using other = new TargetUnderTest(url);
    const fix = `GRANT ${ends} ON *.* TO '${user}'@'%';`;
    expect(await other.failed([])).toMatchObject([{ code: 'CANNOT_TERMINATE', level: 'warning', fix }]);
    expect(await old.failed([])).toEqual([]);
    await database.query(fix);
    expect(await other.failed([])).toEqual([]);
    await other.stream.open();
    expect(await other.failed([])).toEqual([]);
  });

  it('a connection of the same user may be taken over from', async () => {
    await using database = await createMysqlDatabase(server);
    const { url } = await database.createUser();
    await using old = new TargetUnderTest(url);
    await old.stream.open();
    await using other = new TargetUnderTest(url);
    expect(await other.failed([])).toEqual([]);
    await other.stream.open();
  });

  it('names a table in place of the checkpoints that is not ours', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE checkpoint (id int)');
    await using target = new TargetUnderTest(database.url);
    const found = await target.failed([users]);
    expect(found[0]).toMatchObject({ code: 'CHECKPOINT_TABLE_FOREIGN', path: 'sink.schema' });
  });

  it('says that the server cannot be reached, or that it refuses, and what was not checked', async () => {
    await using database = await createMysqlDatabase(server);
    const wrong = new URL(database.url);
    wrong.password = 'wrong';
    await using refused = new TargetUnderTest(wrong.href);
    expect(states(await refused.validate([users]))).toEqual(['AUTHENTICATION_FAILED failed', ...unchecked]);
    await using proxy = await startProxy({ target: server });
    proxy.refuse();
    await using target = new TargetUnderTest(proxy.url(database.name));
    expect(states(await target.validate([users]))).toEqual(['CONNECTION_FAILED failed', ...unchecked]);
  });

  it('rejects only when aborted, within a second', async () => {
    await using database = await createMysqlDatabase(server);
    await using proxy = await startProxy({ target: server });
    proxy.freeze();
    await using target = new TargetUnderTest(proxy.url(database.name));
    const begun = performance.now();
    const validating = target.validate([users], { signal: AbortSignal.timeout(100) });
    await expect(validating).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

it.each(['mysql', 'mariadb-11.8'] as const)(
  'a server that loses, or takes too little, is warned of: %s',
  async (name) => {
    await using server = await startMysql({
      name,
      settings: {
        innodb_flush_log_at_trx_commit: '2',
        sync_binlog: '0',
        innodb_doublewrite: 'OFF',
        max_allowed_packet: '4M',
        local_infile: 'OFF',
      },
    });
    await using database = await createMysqlDatabase(server);
    await using target = new TargetUnderTest(database.url);
    const found = await target.failed([]);
    expect(found.map(({ code, level }) => `${code} ${level}`)).toEqual([
      'SERVER_NOT_DURABLE warning',
      'SERVER_NOT_DURABLE warning',
      'SERVER_NOT_DURABLE warning',
      'SERVER_PACKET_LIMIT warning',
      'LOCAL_INFILE_OFF warning',
    ]);
    for (const { fix } of found) if (fix?.startsWith('SET') === true) await database.query(fix);
    expect((await target.failed([])).map(({ message }) => message.split(' ')[0])).toEqual(['innodb_doublewrite']);
    await database.query('SET GLOBAL read_only = ON');
    expect((await target.failed([])).map(({ code, level }) => `${code} ${level}`)).toEqual([
      'SERVER_READ_ONLY error',
      'SERVER_NOT_DURABLE warning',
    ]);
    await database.query('SET GLOBAL read_only = OFF');
  },
);

it('two tables whose names the server takes for one are refused, before either is made', async () => {
  await using server = await startMysql({ name: 'mariadb-11.8', settings: { lower_case_table_names: '1' } });
  await using database = await createMysqlDatabase(server);
  await using target = new TargetUnderTest(database.url, { schema: uniqueName('progress') });
  const relations = ['Orders', 'orders'].map((table) => relationOf({ table, columns: ['id integer!'], key: ['id'] }));
  const found = await target.failed(relations);
  expect(found.map(({ code, message }) => `${code} ${message}`)).toEqual([
    `NAME_TAKEN public.Orders and public.orders cannot both be ${database.name}.orders at the target`,
  ]);
  await expect(target.start(relations)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  expect(await database.query('SHOW TABLES')).toEqual([]);
});

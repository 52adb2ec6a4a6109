import type { SelectedTable, ValidationItem } from '@millrace/core';
import { resolveConnection } from '@millrace/mysql-client';
import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  freeServerId,
  type MysqlKind,
  type MysqlSettings,
  type MysqlTestDatabase,
  mysqlNames,
  sharedMysql,
  startMysql,
  startProxy,
} from '../../../../test/harness/index.ts';
import { type ValidationRequest, validateSource } from './validate-source.ts';

type Given = Partial<Omit<ValidationRequest, 'connection' | 'context'>> & {
  readonly tables?: readonly string[];
  readonly beginsAt?: 'latest' | 'earliest';
};

const validate = async (
  url: string,
  { tables = [], beginsAt, ...given }: Given = {},
  signal = new AbortController().signal,
): Promise<readonly ValidationItem[]> => {
  const selected = tables.map((name): SelectedTable => ({ name, operations: ['insert', 'update', 'delete'] }));
  const request = { connection: resolveConnection(url), applicationName: 'validation', ...given };
  const context = { tables: selected, signal, ...(beginsAt === undefined ? {} : { beginsAt }) };
  const { items } = await validateSource({ ...request, context });
  return items;
};

const problems = (items: readonly ValidationItem[]): readonly string[] =>
  items.filter(({ state }) => state === 'failed').map(({ code, level }) => `${level} ${code}`);

/** What says how to put a problem right. */
const fixOf = (items: readonly ValidationItem[], code: string): readonly (string | null)[] =>
  items.filter((item) => item.code === code && item.state === 'failed').map(({ fix }) => fix);

const inDatabase = (database: MysqlTestDatabase, ...tables: string[]): readonly string[] =>
  tables.map((table) => `${database.name}.${table}`);

const needed = { mysql: ['REPLICATION SLAVE', 'REPLICATION CLIENT'], mariadb: ['REPLICATION SLAVE', 'BINLOG MONITOR'] };
const useful = { mysql: [], mariadb: ['SLAVE MONITOR', 'REPLICATION MASTER ADMIN'] };

const badly: Record<MysqlKind, MysqlSettings> = {
  mysql: { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF', log_replica_updates: 'OFF' },
  mariadb: {},
};

const cascading = `
  CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE child (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE);
  CREATE TABLE orphan (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES parent (id) ON UPDATE SET NULL);
  CREATE TABLE strict (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES parent (id))`;

describe.each(mysqlNames())('validation on %s', (name) => {
  const server = sharedMysql(name);
  const { kind } = server;

  it('has nothing against a source that works, of a user with the least privileges', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const all = [...needed[kind], ...useful[kind]].map((privilege) => `${privilege} ON *.*`);
    const { url } = await database.createUser([...all, `SELECT ON ${database.name}.*`]);
    const items = await validate(url, { serverId: freeServerId() });
    expect(problems(items)).toEqual([]);
    expect(items.every(({ state }) => state === 'passed')).toBe(true);
  });

  it('names the privileges that are missing', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(
      'CREATE TABLE seen (id int PRIMARY KEY, secret int); CREATE TABLE unseen (id int PRIMARY KEY)',
    );
    const { url, name: user } = await database.createUser([`SELECT (id) ON ${database.name}.seen`]);
    const items = await validate(url, { tables: inDatabase(database, 'seen', 'unseen') });
    expect(problems(items)).toEqual([
      ...(kind === 'mysql' ? [] : ['warning REPLICATED_CHANGES_NOT_LOGGED']),
      'error MISSING_PRIVILEGE',
      'error MISSING_PRIVILEGE',
      ...(kind === 'mysql' ? [] : ['warning MONITORING_PRIVILEGE']),
      'error TABLE_MISSING',
      'error TABLE_NOT_READABLE',
      // Of a column that may not be seen nobody knows whether it is part of a key.
    ]);
    for (const code of ['MISSING_PRIVILEGE', 'MONITORING_PRIVILEGE', 'TABLE_NOT_READABLE']) {
      for (const fix of fixOf(items, code)) await database.query(fix ?? '');
    }
    expect(fixOf(items, 'MISSING_PRIVILEGE').join()).toContain(`'${user}'@'%'`);
    expect(problems(await validate(url, { tables: inDatabase(database, 'seen') }))).toEqual([]);
  });

  it('wants RELOAD of a user who begins at the end of the log, where that takes it', async () => {
    await using own = await startMysql({ name, settings: badly[kind] });
    await using database = await createMysqlDatabase(own);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const all = [...needed[kind], ...useful[kind]].map((privilege) => `${privilege} ON *.*`);
    const { url, name: user } = await database.createUser([...all, `SELECT ON ${database.name}.*`]);
    const found = async (given: Given) =>
      problems(await validate(url, given)).filter((problem) => problem !== 'warning GTID_MODE');
    expect([await found({}), await found({ beginsAt: 'earliest' })]).toEqual([[], []]);
    expect(await found({ beginsAt: 'latest' })).toEqual([`${kind === 'mysql' ? 'error' : 'warning'} RELOAD_PRIVILEGE`]);
    const set = kind === 'mysql' ? `SET DEFAULT ROLE begins TO ${user}` : `SET DEFAULT ROLE begins FOR ${user}`;
    await database.query(`CREATE ROLE begins; GRANT RELOAD ON *.* TO begins; GRANT begins TO ${user}; ${set}`);
    expect(await found({ beginsAt: 'latest' })).toEqual([]);
    await database.query(`REVOKE begins FROM ${user}`);
    const [fix] = fixOf(await validate(url, { beginsAt: 'latest' }), 'RELOAD_PRIVILEGE');
    await database.query(fix ?? '');
    expect(await found({ beginsAt: 'latest' })).toEqual([]);
  });

  it('has nothing against a start at the end of a log whose GTIDs say what is visible', async () => {
    await using database = await createMysqlDatabase(server);
    const privileges = needed[kind].map((privilege) => `${privilege} ON *.*`);
    const { url } = await database.createUser([...privileges, `SELECT ON ${database.name}.*`]);
    const found = problems(await validate(url, { beginsAt: 'latest' }));
    expect(found.includes('warning RELOAD_PRIVILEGE')).toBe(kind === 'mariadb');
  });

  it('finds everything that is wrong with how the log is written, at once', async () => {
    const settings = {
      binlog_format: 'MIXED',
      binlog_row_image: 'MINIMAL',
      binlog_row_metadata: 'MINIMAL',
      binlog_expire_logs_seconds: '3600',
      ...badly[kind],
    };
    await using own = await startMysql({ name, settings });
    await using database = await createMysqlDatabase(own);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    const items = await validate(database.url);
    expect(problems(items)).toEqual([
      'error BINLOG_FORMAT',
      'warning BINLOG_ROW_IMAGE',
      'warning BINLOG_ROW_METADATA',
      'warning BINLOG_RETENTION',
      ...(kind === 'mysql' ? ['warning GTID_MODE'] : []),
    ]);
    for (const { fix } of items.filter(({ state }) => state === 'failed')) {
      for (const statement of (fix ?? '').replace(/--.*/s, '').split(';')) {
        if (statement.trim() !== '') await database.query(statement);
      }
    }
    expect(problems(await validate(database.url))).toEqual([]);
    expect(problems(await validate(database.url, { serverId: await ownId(database) }))).toEqual([
      'error SERVER_ID_TAKEN',
    ]);
    if (kind === 'mysql') await own.restart({ binlog_format: 'ROW' });
  });

  it('finds a server that writes no log, has no server id and knows no time zones', async () => {
    const settings: MysqlSettings = { log_bin: false, ...(kind === 'mysql' ? { gtid_mode: 'OFF' } : {}) };
    await using own = await startMysql({ name, settings });
    await using database = await createMysqlDatabase(own);
    await database.query('TRUNCATE mysql.time_zone_name; TRUNCATE mysql.time_zone');
    await own.restart();
    if (kind === 'mysql') await database.query('SET GLOBAL server_id = 0'); // MariaDB's begins at 1
    const none = kind === 'mysql' ? ['error SERVER_ID_ZERO', 'warning GTID_MODE'] : [];
    expect(problems(await validate(database.url))).toEqual([
      'error BINLOG_DISABLED',
      ...none,
      'warning TIME_ZONE_TABLES',
    ]);
  });

  it('finds databases that are not logged', async () => {
    await using own = await startMysql({ name, settings: { binlog_ignore_db: 'quiet' } });
    await using database = await createMysqlDatabase(own);
    await database.query('CREATE DATABASE quiet; CREATE TABLE quiet.t (id int PRIMARY KEY)');
    expect(problems(await validate(own.url()))).toEqual(['error BINLOG_FILTERED']);
    expect(problems(await validate(database.url))).toEqual([]);
  });

  it('finds a replica whose log does not hold what it gets', async () => {
    const off = kind === 'mysql' ? 'log_replica_updates' : 'log_slave_updates';
    await using own = await startMysql({ name, settings: { [off]: 'OFF' } });
    expect(problems(await validate(own.url()))).toEqual([]);
    await using database = await createMysqlDatabase(own);
    await database.query(
      kind === 'mysql'
        ? `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${server.port}`
        : `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${server.port}, MASTER_USER = 'x'`,
    );
    const items = await validate(own.url());
    expect(problems(items)).toEqual(['error REPLICATED_CHANGES_NOT_LOGGED']);
    expect(fixOf(items, 'REPLICATED_CHANGES_NOT_LOGGED')).toEqual([expect.stringContaining(`${off} = ON`)]);
    await own.restart({ [off]: 'ON' });
    expect(problems(await validate(own.url()))).toEqual([]);
  });

  it('finds what foreign keys change without a word in the log', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(cascading);
    const items = await validate(database.url);
    expect(problems(items)).toEqual(kind === 'mysql' ? [] : ['error CASCADE_NOT_LOGGED']);
    if (kind === 'mariadb') {
      const [child, orphan] = inDatabase(database, 'child', 'orphan');
      const { message } = items.find(({ code }) => code === 'CASCADE_NOT_LOGGED') ?? { message: '' };
      expect(message).toContain(`${child}, ${orphan} by`);
      expect(problems(await validate(database.url, { tables: inDatabase(database, 'parent', 'strict') }))).toEqual([]);
      expect(
        problems(await validate(database.url, { acceptCascades: inDatabase(database, 'child', 'orphan') })),
      ).toEqual([]);
    }
  });

  it('finds tables that are missing, are views, have no key, or no transactions', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(`
      CREATE TABLE keyed (id int PRIMARY KEY);
      CREATE TABLE \`it's \`\`odd\`\`\` (id int NOT NULL, UNIQUE (id));
      CREATE TABLE nullable (id int, UNIQUE (id));
      CREATE TABLE old (id int PRIMARY KEY) ENGINE = MyISAM;
      CREATE VIEW seen AS SELECT 1 AS a; CREATE VIEW unseen AS SELECT 2 AS b`);
    const items = await validate(database.url, { tables: inDatabase(database, '*', 'nothing', 'seen') });
    expect(problems(items)).toEqual([
      'error TABLE_MISSING',
      'warning TABLE_WITHOUT_KEY',
      'warning ENGINE_NOT_TRANSACTIONAL',
      'error NOT_IN_STREAM',
      'warning NOT_IN_STREAM',
    ]);
    const messageOf = (wanted: string) => items.find(({ code }) => code === wanted)?.message;
    expect(messageOf('TABLE_MISSING')).toMatch(/named db_\w+\.nothing$/);
    expect(messageOf('TABLE_WITHOUT_KEY')).toMatch(/: db_\w+\.nullable$/);
    for (const fix of fixOf(items, 'ENGINE_NOT_TRANSACTIONAL')) await database.query(fix ?? '');
    const views = items.filter(({ code }) => code === 'NOT_IN_STREAM').map(({ message }) => message);
    expect(views).toEqual([
      `The log holds no changes of views: ${database.name}.seen`,
      `Not in the stream, views: ${database.name}.unseen`,
    ]);
    const left = ['warning TABLE_WITHOUT_KEY', 'warning NOT_IN_STREAM'];
    expect(problems(await validate(database.url))).toEqual(left);
    await database.query('DROP VIEW seen, unseen');
    expect(problems(await validate(database.url))).toEqual(left.slice(0, 1));
  });

  it('knows a replica by its server id', async () => {
    await using replica = await startMysql({ name });
    await using database = await createMysqlDatabase(server);
    await using there = await createMysqlDatabase(replica);
    const { name: user, password } = await database.createUser(['REPLICATION SLAVE ON *.*']);
    const id = await ownId(there);
    expect(
      problems(await validate(server.url('mysql'), { serverId: id, tables: inDatabase(database, '*') })),
    ).toContain('error TABLE_MISSING');
    await there.query(
      kind === 'mysql'
        ? `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${server.port}, SOURCE_USER = '${user}',
           SOURCE_PASSWORD = '${password}', GET_SOURCE_PUBLIC_KEY = 1, SOURCE_AUTO_POSITION = 1; START REPLICA`
        : `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${server.port}, MASTER_USER = '${user}',
           MASTER_PASSWORD = '${password}', MASTER_SSL = 0; START SLAVE`,
    );
    const hosts = kind === 'mysql' ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS';
    await expect
      .poll(() => database.query(hosts), { timeout: 10_000 })
      .toContainEqual(expect.objectContaining({ [kind === 'mysql' ? 'Server_Id' : 'Server_id']: id }));
    expect(problems(await validate(database.url, { serverId: id }))).toEqual(['error SERVER_ID_TAKEN']);
  });

  it('says what it could not check without a connection, and ends at its signal', async () => {
    await using database = await createMysqlDatabase(server);
    const { url } = await database.createUser();
    const wrong = new URL(url);
    wrong.password = 'wr0ng';
    const items = await validate(wrong.href);
    expect(problems(items)).toEqual(['error AUTHENTICATION']);
    expect(items.filter(({ state }) => state === 'not-executed').length).toBeGreaterThan(5);
    expect(JSON.stringify(items)).not.toContain('wr0ng');
    expect(problems(await validate('mysql://x@127.0.0.1:1/'))).toEqual(['error CONNECTION']);
    await using proxy = await startProxy({ target: server });
    proxy.freeze();
    const begun = performance.now();
    await expect(validate(proxy.url(), {}, AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe('validation on MySQL', () => {
  it('finds foreign keys whose changes were switched out of the log', async () => {
    await using own = await startMysql({ settings: { innodb_native_foreign_keys: 'ON' } });
    await using database = await createMysqlDatabase(own);
    await database.query(cascading);
    const items = await validate(database.url);
    expect(problems(items)).toEqual(['error CASCADE_NOT_LOGGED']);
    expect(fixOf(items, 'CASCADE_NOT_LOGGED')).toEqual([expect.stringContaining('innodb_native_foreign_keys = OFF')]);
  });
});

const ownId = async (database: MysqlTestDatabase): Promise<number> => {
  const [row] = await database.query<{ id: number }>('SELECT @@server_id AS id');
  return row?.id ?? 0;
};

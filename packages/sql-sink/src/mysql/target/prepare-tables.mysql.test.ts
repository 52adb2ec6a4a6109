import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql, uniqueName } from '../../../../../test/harness/index.ts';
import { relationOf } from '../../testing/changes.ts';
import { TargetUnderTest } from '../testing/target-under-test.ts';

describe.each(mysqlNames())('preparing tables on %s', (name) => {
  const server = sharedMysql(name);

  it('makes databases and tables with types, NOT NULL and key of the source, and no more than that', async () => {
    await using database = await createMysqlDatabase(server);
    const shop = uniqueName('Shop');
    const wide = relationOf({
      schema: 'shop',
      table: 'wide',
      columns: ['b integer!', 'a bigint', 'n numeric(10,2)!', 'v character varying(20)', 'sum integer='],
      key: ['a', 'b'],
    });
    const log = relationOf({ schema: 'shop', table: 'log', columns: ['line text'], identity: 'full' });
    await using target = new TargetUnderTest(database.url, { targetSchema: { shop } });
    try {
      await target.start([wide, log]);
      const columns = await database.query<Record<'name' | 'type' | 'nullable' | 'indexed', string>>(
        `SELECT COLUMN_NAME AS name, DATA_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_KEY AS indexed
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = 'wide' ORDER BY ORDINAL_POSITION`,
        [shop],
      );
      expect(columns.map((each) => `${each.name} ${each.type} ${each.nullable} ${each.indexed}`)).toEqual([
        'b bigint NO PRI',
        'a bigint NO PRI',
        'n decimal NO ',
        'v varchar YES ',
      ]);
      expect(target.stream.events).toMatchObject([
        { type: 'warning', code: 'GENERATED_COLUMN_SKIPPED', details: { table: `${shop}.wide`, column: 'sum' } },
      ]);
      expect(await target.plan([wide, log])).toEqual([]);
      await target.start([wide, log]);
    } finally {
      await database.query(`DROP DATABASE IF EXISTS ${shop}`);
    }
  });

  it('plans without being open, and runs nothing', async () => {
    await using database = await createMysqlDatabase(server);
    const [schema, fresh] = [uniqueName('progress'), uniqueName('fresh')];
    await using target = new TargetUnderTest(database.url, { schema, targetSchema: fresh });
    const table = relationOf({ table: 't', columns: ['id integer!'], key: ['id'] });
    const statements = await target.plan([table], { copies: true });
    expect(statements.map(({ table: of, kind, sql }) => [of, kind, sql.split(/ \(|`\./)[0]])).toEqual([
      [`${schema}.checkpoint`, 'create-schema', expect.stringContaining(`CREATE DATABASE IF NOT EXISTS \`${schema}\``)],
      [`${schema}.checkpoint`, 'create-table', `CREATE TABLE IF NOT EXISTS \`${schema}`],
      [`${schema}.copy_range`, 'create-table', `CREATE TABLE IF NOT EXISTS \`${schema}`],
      [`${fresh}.t`, 'create-schema', expect.stringContaining(`CREATE DATABASE IF NOT EXISTS \`${fresh}\``)],
      [`${fresh}.t`, 'create-table', `CREATE TABLE \`${fresh}`],
    ]);
    const found = 'SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (?, ?)';
    expect(await database.query(found, [schema, fresh])).toEqual([]);
  });

  it('refuses a table that is there and does not fit', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(`CREATE TABLE narrow (id int PRIMARY KEY); CREATE TABLE keyless (id int);
      CREATE TABLE wider (id int, b int, UNIQUE (id, b)); CREATE TABLE kept (id int PRIMARY KEY) ENGINE = MyISAM;
      CREATE VIEW seen AS SELECT 1 AS id`);
    await using target = new TargetUnderTest(database.url);
    await target.stream.open();
    const refusal = async (table: string, columns: readonly string[] = ['id integer!']) =>
      target.prepare([relationOf({ table, columns, key: ['id'] })], 'stream').then(
        () => null,
        ({ code, hint }) => ({ code, hint }),
      );
    expect(await refusal('narrow', ['id integer!', 'b text'])).toMatchObject({
      code: 'SCHEMA_MISMATCH',
      hint: expect.stringContaining(`ALTER TABLE \`${database.name}\`.\`narrow\` ADD COLUMN \`b\``),
    });
    for (const table of ['keyless', 'wider'])
      expect(await refusal(table)).toEqual({
        code: 'TARGET_KEY_MISSING',
        hint: `ALTER TABLE \`${database.name}\`.\`${table}\` ADD UNIQUE INDEX (\`id\`);`,
      });
    for (const table of ['kept', 'seen'])
      expect(await refusal(table)).toMatchObject({ code: 'TARGET_TABLE_UNSUITABLE' });
  });

  it('several streams may make the same tables at once', async () => {
    await using database = await createMysqlDatabase(server);
    const both = uniqueName('both');
    const tables = ['a', 'b', 'c'].map((table) => relationOf({ table, columns: ['id integer!'], key: ['id'] }));
    const targets = ['one', 'two', 'three'].map((id) => new TargetUnderTest(database.url, { targetSchema: both }, id));
    try {
      await Promise.all(targets.map((target) => target.start(tables)));
    } finally {
      await Promise.all(targets.map((target) => target[Symbol.asyncDispose]()));
      await database.query(`DROP DATABASE IF EXISTS ${both}`);
    }
  });

  it('what its user may not make is refused with the grant that lets it', async () => {
    await using database = await createMysqlDatabase(server);
    const { url, name: user } = await database.createUser([
      `SELECT, INSERT, UPDATE, DELETE ON ${database.name}.*`,
      ...['checkpoint', 'copy_range'].map((table) => `CREATE ON ${database.name}.${table}`),
    ]);
    await using target = new TargetUnderTest(url);
    const table = relationOf({ table: 't', columns: ['id integer!'], key: ['id'] });
    const refused = await target.start([table]).catch((error) => error);
    expect(refused).toMatchObject({
      code: 'PERMISSION_DENIED',
      hint: expect.stringMatching(/^GRANT CREATE, .* ON `db_\w+`\.\* TO 'user_\w+'@'%';$/),
    });
    await database.query(refused.hint);
    await target.start([table]);
    expect(refused.hint).toContain(user);
  });

  it('a unique index of the target that the source does not have is refused where rows are copied', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(`CREATE TABLE users (id int PRIMARY KEY, a int, b int, v varchar(20) CHARACTER SET utf8mb4
      COLLATE utf8mb4_general_ci, UNIQUE INDEX pair (a, b), UNIQUE INDEX loose (v))`);
    const of = (...terms: readonly (readonly string[])[]) => ({
      ...relationOf({ table: 'users', columns: ['id integer!', 'a integer', 'b integer', 'v text'], key: ['id'] }),
      unique: terms.map((each) => ({ terms: each, predicate: null, nullsEqual: false })),
    });
    await using target = new TargetUnderTest(database.url);
    await target.start([of()]);
    const refusing = (index: string) => ({
      code: 'TARGET_INDEX_STRICTER',
      hint: expect.stringContaining(`ALTER TABLE \`${database.name}\`.\`users\` DROP INDEX \`${index}\`;`),
    });
    // What differs in case at the source is one value there.
    await expect(target.prepare([of(['"a"'], ['v'])], 'snapshot')).rejects.toMatchObject(refusing('loose'));
    await database.query('ALTER TABLE users DROP INDEX loose');
    await expect(target.prepare([of(['id'], ['v'])], 'snapshot')).rejects.toMatchObject(refusing('pair'));
    await target.prepare([of(['"a"'], ['v'])], 'snapshot');
  });

  it('an index over numbers that the target gives by itself is no stricter than the source, one over numbers it is sent is', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(
      'CREATE TABLE log (id int AUTO_INCREMENT, line longtext, day int NOT NULL, PRIMARY KEY (id, day))',
    );
    const log = (...columns: readonly string[]) => ({ ...relationOf({ table: 'log', columns }), unique: [] });
    await using target = new TargetUnderTest(database.url);
    await target.start([log('line text', 'day integer!')], 'snapshot');
    await expect(target.prepare([log('id integer!', 'line text', 'day integer!')], 'snapshot')).rejects.toMatchObject({
      code: 'TARGET_INDEX_STRICTER',
      details: { index: 'PRIMARY' },
    });
  });
});

import type { Relation } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
} from '../../../../../test/harness/index.ts';
import { relationOf } from '../../testing/changes.ts';
import type { PostgresSinkOptions } from '../postgres-sink-options.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const tableOf = (table: string): Relation => relationOf({ table, columns: ['id integer!', 'v text'], key: ['id'] });
const [users, orders] = [tableOf('users'), tableOf('orders')];
const { signal } = new AbortController();

const schema = `CREATE TABLE users (id int PRIMARY KEY, v text, mine int); INSERT INTO users VALUES (1, 'old');
  CREATE TABLE orders (id int PRIMARY KEY REFERENCES users, v text); INSERT INTO orders VALUES (1, 'old')`;

const sinkOf = ({ url: connection }: TestDatabase, options: Partial<PostgresSinkOptions>) =>
  new SinkUnderTest({ connection, ...options });

/** As a stream does at a start that copies. */
const prepare = async (sink: SinkUnderTest, relations: readonly Relation[] = [users, orders]) => {
  await sink.open({ relations });
  await sink.sink.prepare?.(relations, 'snapshot', signal);
};

const failedItems = async (sink: SinkUnderTest, relations: readonly Relation[] = [users, orders], copies = true) => {
  const { items } = await sink.sink.validate(sink.context({ relations, copies }));
  return items.filter(({ state, level }) => state === 'failed' && level === 'error');
};

const rowsOf = async (database: TestDatabase, table: string) =>
  (await database.query(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => id);

const pending = { state: 'pending', from: '0/1', ranges: [], through: null } as const;

describe.each(postgresVersions())('what becomes of tables that exist on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('they are dropped and made anew, or emptied, once in a snapshot', async () => {
    for (const options of [{ schemaPolicy: 'drop-and-recreate' }, { existingRows: 'truncate-and-load' }] as const) {
      await using database = await createDatabase(server);
      await database.query(schema);
      await using sink = sinkOf(database, options);
      await prepare(sink);
      expect([await rowsOf(database, 'users'), await rowsOf(database, 'orders')]).toEqual([[], []]);
      const mine = "SELECT FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'mine'";
      expect(await database.query(mine)).toHaveLength('schemaPolicy' in options ? 0 : 1);
      await sink.sink.close();
      // The process ended before it had a position, and again before the first chunk.
      await database.query("INSERT INTO users VALUES (7, 'theirs')");
      for (const position of [null, '0/1']) {
        await using again = sinkOf(database, options);
        await expect(prepare(again)).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
        await again.open();
        const tables = position === null ? {} : { 'public.users': pending, 'public.orders': pending };
        await again.sink.saveCheckpoint?.({ ...again.checkpoint, position, tables }, signal);
      }
      expect(await rowsOf(database, 'users')).toEqual([7]);
      // Another snapshot.
      await using always = sinkOf(database, options);
      await always.open();
      await always.sink.saveCheckpoint?.({ ...always.checkpoint, position: null, tables: {} }, signal);
      await always.sink.prepare?.([users, orders], 'snapshot', signal);
      expect(await rowsOf(database, 'users')).toEqual([]);
    }
  });

  it('nothing is dropped or emptied of tables that are not about to be copied', async () => {
    await using database = await createDatabase(server);
    await database.query(schema);
    const options = { schemaPolicy: 'drop-and-recreate', existingRows: 'truncate-and-load' } as const;
    await using sink = sinkOf(database, options);
    await sink.open({ relations: [users, orders] });
    await sink.sink.prepare?.([users, orders], 'stream', signal);
    await sink.saveTables({ 'public.users': { ...pending, state: 'copying' }, 'public.orders': pending });
    await expect(sink.sink.prepare?.([users], 'snapshot', signal)).resolves.toBeUndefined();
    const side = sink.sink.side?.('1');
    await side?.open(sink.context({ relations: [orders] }));
    await expect(side?.prepare?.([orders], 'snapshot', signal)).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
    await side?.close();
    expect([await rowsOf(database, 'users'), await rowsOf(database, 'orders')]).toEqual([[1], [1]]);
  });

  it('by table, another one than the rest', async () => {
    await using database = await createDatabase(server);
    await database.query(`${schema}; DELETE FROM orders; ALTER TABLE orders DROP CONSTRAINT orders_id_fkey`);
    await using sink = sinkOf(database, {
      schemaPolicy: 'validate-existing',
      tables: {
        'public.users': { schemaPolicy: 'drop-and-recreate' },
        'public.items': { schemaPolicy: 'create-missing' },
      },
    });
    expect(await failedItems(sink, [users, orders, tableOf('items'), tableOf('late')])).toMatchObject([
      {
        code: 'TARGET_TABLE_MISSING',
        path: 'sink.schemaPolicy',
        fix: expect.stringContaining('CREATE TABLE "public"."late"'),
      },
    ]);
    await prepare(sink, [users, orders, tableOf('items')]);
    expect([await rowsOf(database, 'users'), await rowsOf(database, 'items')]).toEqual([[], []]);
    await expect(sink.sink.prepare?.([tableOf('late')], 'stream', signal)).rejects.toMatchObject({
      code: 'TARGET_TABLE_MISSING',
      details: { table: 'public.late' },
    });
  });

  it('a name that stands for no captured table is an error', async () => {
    await using database = await createDatabase(server);
    await using sink = sinkOf(database, { tables: { 'public.user': { existingRows: 'truncate-and-load' } } });
    expect(await failedItems(sink)).toMatchObject([{ code: 'NAME_UNKNOWN', path: 'sink.tables.public.user' }]);
  });

  it('fail-if-exists refuses them, and makes its own', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE users (id int PRIMARY KEY, v text)');
    const options = { schemaPolicy: 'fail-if-exists' } as const;
    await using sink = sinkOf(database, options);
    const exists = { code: 'TARGET_TABLE_EXISTS' };
    expect(await failedItems(sink)).toMatchObject([{ ...exists, fix: 'DROP TABLE "public"."users";' }]);
    await expect(prepare(sink)).rejects.toMatchObject({ ...exists, details: { table: 'public.users' } });
    expect(await database.query("SELECT FROM pg_class WHERE relname = 'orders'")).toEqual([]);
    await database.query('DROP TABLE users');
    await prepare(sink);
    await sink.sink.close();
    await using again = sinkOf(database, options);
    expect(await failedItems(again)).toEqual([]);
    await prepare(again);
  });

  it('what else needs them is named, and stays', async () => {
    await using database = await createDatabase(server);
    await database.query(`${schema}; CREATE VIEW seen AS SELECT v FROM users;
      CREATE TABLE bills (id int PRIMARY KEY, payer int REFERENCES users, of orders);
      CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parts DEFAULT;
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER touched BEFORE UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION touch(); INSERT INTO parts VALUES (1)`);
    const relations = [users, orders, tableOf('parts')];
    await using sink = sinkOf(database, { schemaPolicy: 'drop-and-recreate' });
    const code = 'TARGET_TABLE_HAS_DEPENDENTS';
    const needed = await failedItems(sink, relations);
    expect(needed.map(({ message }) => message)).toEqual([
      'Target table public.users cannot be dropped: constraint bills_payer_fkey on table public.bills, view public.seen depend on it',
      'Target table public.orders cannot be dropped: column of of table public.bills depends on it',
    ]);
    await expect(prepare(sink, relations)).rejects.toMatchObject({ code, details: { table: 'public.users' } });
    expect(await rowsOf(database, 'users')).toEqual([1]);
    await using emptying = sinkOf(database, { existingRows: 'truncate-and-load' });
    await expect(prepare(emptying, relations)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('cannot be truncated: constraint bills_payer_fkey on table public.bills'),
    });
    await database.query('DROP TABLE bills; DROP VIEW seen');
    await prepare(emptying, relations);
    expect(await rowsOf(database, 'parts')).toEqual([]);
  });

  it('a table of another shape fits when it is about to be dropped, and a view does not', async () => {
    await using database = await createDatabase(server);
    await database.query("CREATE TABLE users (name text); CREATE VIEW orders AS SELECT 1 AS id, ''::text AS v");
    await using sink = sinkOf(database, { schemaPolicy: 'drop-and-recreate' });
    expect(await failedItems(sink)).toMatchObject([{ code: 'TARGET_TABLE_UNSUITABLE' }]);
    expect(await failedItems(sink, [users], false)).toMatchObject([
      { code: 'SCHEMA_MISMATCH' },
      { code: 'SCHEMA_MISMATCH' },
      { code: 'TARGET_KEY_MISSING' },
    ]);
    await prepare(sink, [users]);
  });

  it('what the role may not do is said with the statement that lets it', async () => {
    await using database = await createDatabase(server);
    const role = `${database.name}_r`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; CREATE TABLE users (id int PRIMARY KEY, v text);
      INSERT INTO users VALUES (1); GRANT CREATE ON DATABASE ${database.name} TO ${role}; GRANT CREATE ON SCHEMA public TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON users TO ${role}`);
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = 'x';
      const fixes = async (options: Partial<PostgresSinkOptions>) => {
        await using sink = new SinkUnderTest({ connection: url.href, ...options });
        return (await failedItems(sink, [users])).map(({ code, fix }) => [code, fix]);
      };
      const denied = 'PERMISSION_DENIED';
      expect(await fixes({ schemaPolicy: 'drop-and-recreate' })).toEqual([
        [denied, `ALTER TABLE "public"."users" OWNER TO ${role};`],
      ]);
      expect(await fixes({ existingRows: 'truncate-and-load' })).toEqual([
        [denied, `GRANT TRUNCATE ON "public"."users" TO ${role};`],
      ]);
      expect(await fixes({})).toEqual([]);
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('another process that has taken over keeps its tables', async () => {
    await using database = await createDatabase(server);
    await database.query(schema);
    await using sink = sinkOf(database, { schemaPolicy: 'drop-and-recreate' });
    await sink.open({ relations: [users, orders] });
    await database.query('UPDATE millrace.checkpoint SET epoch = epoch + 1');
    await expect(sink.sink.prepare?.([users, orders], 'snapshot', signal)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await rowsOf(database, 'users')).toEqual([1]);
  });

  it('a checkpoint table that an older version made remembers them too', async () => {
    await using database = await createDatabase(server);
    await using before = sinkOf(database, {});
    await before.open();
    await before.sink.close();
    await database.query(`${schema}; ALTER TABLE millrace.checkpoint DROP COLUMN prepared`);
    await using sink = sinkOf(database, { existingRows: 'truncate-and-load' });
    const plan = await sink.sink.plan?.(sink.context({ relations: [users, orders], copies: true }));
    expect(plan?.statements).toEqual([
      {
        table: 'millrace.checkpoint',
        kind: 'add-column',
        sql: `ALTER TABLE "millrace"."checkpoint" ADD COLUMN prepared text[] NOT NULL DEFAULT '{}'`,
      },
      {
        table: 'public.users, public.orders',
        kind: 'truncate-table',
        sql: 'TRUNCATE ONLY "public"."users", ONLY "public"."orders"',
      },
    ]);
    expect(await failedItems(sink)).toEqual([]);
    await prepare(sink);
    expect(await database.query('SELECT prepared FROM millrace.checkpoint')).toEqual([
      { prepared: ['public.users', 'public.orders'] },
    ]);
    const done = await sink.sink.plan?.(sink.context({ relations: [users, orders], copies: true }));
    expect(done?.statements).toEqual([]);
  });
});

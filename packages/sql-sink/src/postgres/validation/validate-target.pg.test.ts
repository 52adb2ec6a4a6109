import type { Relation, ValidationItem } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresVersions,
  sharedPostgres,
  startPostgres,
  startProxy,
  type TestDatabase,
  uniqueName,
} from '../../../../../test/harness/index.ts';
import type { StructureOption } from '../../structure/structure-option.ts';
import { relationOf } from '../../testing/changes.ts';
import type { PostgresSinkOptions } from '../postgres-sink-options.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

const users = relationOf({ table: 'users', columns: ['id integer!', 'email text'], key: ['id'] });

const validate = async (
  connection: string,
  relations: readonly Relation[],
  options: Omit<PostgresSinkOptions, 'connection'> = {},
) => {
  await using sink = new SinkUnderTest({ connection, ...options });
  const { items } = await sink.sink.validate(sink.context({ relations }));
  return items;
};
const failed = (items: readonly ValidationItem[]) => items.filter(({ state }) => state === 'failed');
const errors = (items: readonly ValidationItem[]) => failed(items).filter(({ level }) => level === 'error');

describe.each(postgresVersions())('validation on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  /** Runs with a role that may only connect, and a URL of it. */
  const withRole = async (database: TestDatabase, use: (role: string, url: string) => Promise<void>) => {
    const role = uniqueName('role');
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    try {
      const url = new URL(database.url);
      Object.assign(url, { username: role, password: 'secret' });
      await use(role, url.href);
    } finally {
      if (version >= 15) await database.query(`REVOKE ALL ON PARAMETER session_replication_role FROM ${role}`);
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  };

  it('passes for an empty database, and creates nothing', async () => {
    await using database = await createDatabase(server);
    const items = await validate(database.url, [users]);
    expect(items.map(({ code, state }) => [code, state])).toEqual([
      ['CONNECTION', 'passed'],
      ['SERVER', 'passed'],
      ['CHECKPOINT_TABLE', 'passed'],
      ['TAKEOVER', 'passed'],
      ['TARGET_TABLES', 'passed'],
      ['TABLE_CREATION', 'passed'],
    ]);
    expect(await database.query("SELECT 1 FROM pg_namespace WHERE nspname = 'millrace'")).toEqual([]);
    expect(await database.query("SELECT 1 FROM pg_class WHERE relname = 'users'")).toEqual([]);
  });

  it('says everything that is missing for a role without rights, and its fixes fix it', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE SCHEMA shop; CREATE TABLE shop.orders (id int PRIMARY KEY);
      CREATE TABLE shop.lines (id int PRIMARY KEY, o int REFERENCES shop.orders);
      ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY; REVOKE ALL ON SCHEMA public FROM PUBLIC`);
    const orders = relationOf({ schema: 'shop', table: 'orders', columns: ['id integer!'], key: ['id'] });
    const lines = relationOf({ schema: 'shop', table: 'lines', columns: ['id integer!', 'o integer'], key: ['id'] });
    const made = relationOf({ schema: 'fresh', table: 'made', columns: ['id integer!'], key: ['id'] });
    await withRole(database, async (role, url) => {
      const relations = [users, orders, lines, made];
      const first = await validate(url, relations);
      expect(errors(first).map(({ code, message }) => `${code} ${message}`)).toEqual([
        `PERMISSION_DENIED Role ${role} may not create the schema "millrace" for the checkpoints`,
        `PERMISSION_DENIED Role ${role} lacks SELECT, INSERT, UPDATE, DELETE on target table shop.orders`,
        expect.stringContaining('ROW_SECURITY Row-level security of target table shop.orders'),
        expect.stringContaining(
          'TRIGGERS_NOT_OFF Triggers and foreign keys of target table shop.orders (lines_o_fkey)',
        ),
        `PERMISSION_DENIED Role ${role} lacks SELECT, INSERT, UPDATE, DELETE on target table shop.lines`,
        expect.stringContaining('TRIGGERS_NOT_OFF Triggers and foreign keys of target table shop.lines (lines_o_fkey)'),
        `PERMISSION_DENIED Role ${role} may not create public.users`,
        `PERMISSION_DENIED Role ${role} may not create fresh.made`,
      ]);
      for (const { fix } of errors(first)) await database.query(fix?.split('; --')[0] ?? '');
      expect(errors(await validate(url, relations))).toEqual([]);
      await using sink = new SinkUnderTest({ connection: url });
      await sink.start(relations);
    });
  });

  it('warns of structure that the role may not make, and the fix is enough to make it', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE users (id int PRIMARY KEY, email text)');
    await withRole(database, async (role, url) => {
      const warned = async (structure: StructureOption) =>
        failed(await validate(url, [users], { structure })).filter(({ path }) => path === 'sink.structure');
      const fix = `ALTER TABLE "public"."users" OWNER TO ${role};`;
      const message = `Target table public.users would go without structure: role ${role} is not its owner`;
      expect(await warned('key-only')).toEqual([]);
      expect(await warned(['indexes'])).toMatchObject([{ code: 'PERMISSION_DENIED', level: 'warning', message, fix }]);
      const index = `SET ROLE ${role}; CREATE INDEX ON users (email); RESET ROLE`;
      await expect(database.query(index)).rejects.toThrow('must be owner');
      await database.query(`GRANT CREATE ON SCHEMA public TO ${role}; ${fix}`);
      await database.query(index);
      expect(await warned('all')).toEqual([]);
    });
  });

  it('names what does not fit in the target tables, with its fix', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE users (id int, extra int NOT NULL, free int NOT NULL DEFAULT 1, email varchar(9));
      CREATE TABLE prices (id int PRIMARY KEY, price numeric(8,1), at timestamp(0), total int GENERATED ALWAYS AS (id * 2) STORED);
      CREATE VIEW seen AS SELECT 1 AS id`);
    const wide = relationOf({ table: 'users', columns: ['id integer!', 'email text', 'age integer'], key: ['id'] });
    const prices = relationOf({
      table: 'prices',
      columns: ['id integer!', 'price numeric(8,2)', 'at timestamp without time zone', 'total integer'],
      key: ['id'],
    });
    const seen = relationOf({ table: 'seen', columns: ['id integer!'], key: ['id'] });
    const found = failed(await validate(database.url, [wide, prices, seen]));
    expect(found.map(({ code, level, path, fix }) => [code, level, path, fix])).toEqual([
      ['TYPE_DIFFERS', 'warning', 'tables', null],
      ['SCHEMA_MISMATCH', 'error', 'tables', 'ALTER TABLE "public"."users" ADD COLUMN "age" integer;'],
      ['SCHEMA_MISMATCH', 'error', 'tables', 'ALTER TABLE "public"."users" ALTER COLUMN "extra" DROP NOT NULL;'],
      ['TARGET_KEY_MISSING', 'error', 'tables', 'CREATE UNIQUE INDEX ON "public"."users" ("id");'],
      ['SCHEMA_MISMATCH', 'error', 'tables', 'ALTER TABLE "public"."prices" ALTER COLUMN "price" TYPE numeric(8,2);'],
      [
        'SCHEMA_MISMATCH',
        'error',
        'tables',
        'ALTER TABLE "public"."prices" ALTER COLUMN "at" TYPE timestamp without time zone;',
      ],
      ['TARGET_COLUMN_GENERATED', 'warning', 'tables', null],
      ['TARGET_TABLE_UNSUITABLE', 'error', 'tables', null],
    ]);
  });

  it('warns of triggers that fire for replicated rows too', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE users (id int PRIMARY KEY, email text);
      CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER always BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION nothing();
      ALTER TABLE users ENABLE ALWAYS TRIGGER always`);
    expect(failed(await validate(database.url, [users]))).toMatchObject([{ code: 'TARGET_TRIGGER', level: 'warning' }]);
  });

  it('warns of a connection that wrote before and belongs to a role out of reach', async () => {
    await using database = await createDatabase(server);
    await using old = new SinkUnderTest({ connection: database.url });
    await old.open();
    await withRole(database, async (role, url) => {
      await database.query(
        `GRANT USAGE ON SCHEMA millrace TO ${role}; GRANT ALL ON millrace.checkpoint, millrace.copy_range TO ${role}`,
      );
      expect(failed(await validate(url, []))).toMatchObject([{ code: 'CANNOT_TERMINATE', level: 'warning' }]);
      expect(failed(await validate(database.url, []))).toEqual([]);
    });
  });

  it('says that the server cannot be reached, or that it refuses, and what was not checked', async () => {
    await using database = await createDatabase(server);
    const wrong = new URL(database.url);
    wrong.password = 'wrong';
    const states = (items: readonly ValidationItem[]) => items.map(({ code, state }) => `${code} ${state}`);
    const rest = ['SERVER', 'CHECKPOINT_TABLE', 'TAKEOVER', 'TARGET_TABLES', 'TABLE_CREATION'].map(
      (code) => `${code} not-executed`,
    );
    expect(states(await validate(wrong.href, [users]))).toEqual(['AUTHENTICATION_FAILED failed', ...rest]);
    await using proxy = await startProxy({ target: server });
    proxy.refuse();
    expect(states(await validate(proxy.url(database.name), [users]))).toEqual(['CONNECTION_FAILED failed', ...rest]);
  });

  it('rejects only when aborted, within a second', async () => {
    await using database = await createDatabase(server);
    await using proxy = await startProxy({ target: server });
    proxy.freeze();
    await using sink = new SinkUnderTest({ connection: proxy.url(database.name) });
    const begun = performance.now();
    const validating = sink.sink.validate(sink.context({ signal: AbortSignal.timeout(100) }));
    await expect(validating).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

it('warns of a server that loses what it committed', async () => {
  await using server = await startPostgres({ settings: { fsync: 'off', synchronous_commit: 'off' } });
  await using database = await createDatabase(server);
  expect(failed(await validate(database.url, []))).toMatchObject([
    { code: 'SERVER_NOT_DURABLE', level: 'warning', fix: 'ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();' },
    { code: 'SERVER_NOT_DURABLE', level: 'warning', fix: 'ALTER ROLE CURRENT_USER SET synchronous_commit = on;' },
  ]);
});

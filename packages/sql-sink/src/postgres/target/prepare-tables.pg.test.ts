import { describe, expect, it } from 'vitest';
import { createDatabase, postgresVersions, sharedPostgres } from '../../../../../test/harness/index.ts';
import { relationOf, transaction } from '../../testing/changes.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';

describe.each(postgresVersions())('preparing tables on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('makes schemas and tables with the exact types, NOT NULL and key of the source, and no more than that', async () => {
    await using database = await createDatabase(server);
    await database.query("CREATE TYPE mood AS ENUM ('ok')");
    const wide = relationOf({
      schema: 'Shop',
      table: 'wide',
      columns: [
        'b integer!',
        'a bigint',
        'n numeric(10,2)!',
        'v character varying(20)',
        'c character(3)',
        'ts timestamp(3) with time zone',
        'i interval day to second(2)',
        'm public.mood',
        'ms public.mood[]',
        'bits bit varying(7)',
        'sum integer=',
      ],
      key: ['a', 'b'],
    });
    const log = relationOf({ schema: 'Shop', table: 'log', columns: ['line text'], identity: 'full' });
    await using sink = new SinkUnderTest({ connection: database.url });
    await sink.start([wide, log]);
    const columns = await database.query(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required FROM pg_attribute
       WHERE attrelid = '"Shop".wide'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    expect(columns.map(({ name, type, required }) => `${name} ${type}${required ? '!' : ''}`)).toEqual([
      'b integer!',
      'a bigint!',
      'n numeric(10,2)!',
      'v character varying(20)',
      'c character(3)',
      'ts timestamp(3) with time zone',
      'i interval day to second(2)',
      'm mood',
      'ms mood[]',
      'bits bit varying(7)',
    ]);
    const [key] = await database.query(
      `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conrelid = '"Shop".wide'::regclass AND contype = 'p'`,
    );
    expect(key?.definition).toBe('PRIMARY KEY (a, b)');
    expect(sink.events).toMatchObject([
      { type: 'warning', code: 'GENERATED_COLUMN_SKIPPED', details: { table: 'Shop.wide', column: 'sum' } },
    ]);
    expect(await sink.sink.plan?.(sink.context({ relations: [wide, log] }))).toEqual({ statements: [] });
    await sink.sink.prepare?.([wide, log], 'stream', new AbortController().signal);
    await sink.write(
      transaction().insert(wide, { b: 1, a: 2, n: '1.5', sum: 3, m: 'ok', ms: '{ok}', bits: '101' }).changes,
    );
  });

  it('plans without being open, and runs nothing', async () => {
    await using database = await createDatabase(server);
    const table = relationOf({ schema: 'new', table: 't', columns: ['id integer!'], key: ['id'] });
    const sink = new SinkUnderTest({ connection: database.url });
    const plan = await sink.sink.plan?.(sink.context({ relations: [table] }));
    expect(plan?.statements.map(({ kind, sql }) => [kind, sql.split('\n')[0]])).toEqual([
      ['create-schema', 'CREATE SCHEMA "millrace"'],
      ['create-table', 'CREATE TABLE "millrace"."checkpoint" ('],
      ['create-table', 'CREATE TABLE "millrace"."copy_range" ('],
      ['create-schema', 'CREATE SCHEMA "new"'],
      ['create-table', 'CREATE TABLE "new"."t" ('],
    ]);
    expect(await database.query("SELECT 1 FROM pg_namespace WHERE nspname IN ('new', 'millrace')")).toEqual([]);
  });

  it('names table, column and type where the target does not have the type', async () => {
    await using database = await createDatabase(server);
    const table = relationOf({
      table: 't',
      columns: ['id integer!', 'place public.geography(point,4326)'],
      key: ['id'],
    });
    await using sink = new SinkUnderTest({ connection: database.url });
    await sink.open();
    await expect(sink.sink.prepare?.([table], 'stream', new AbortController().signal)).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      details: { table: 'public.t', column: 'place', type: 'public.geography(point,4326)' },
    });
  });

  it('refuses a table that is there and does not fit', async () => {
    await using database = await createDatabase(server);
    await database.query(`CREATE TABLE narrow (id int PRIMARY KEY); CREATE TABLE keyless (id int);
      CREATE TABLE deferred (id int PRIMARY KEY DEFERRABLE); CREATE TABLE partial (id int, b bool);
      CREATE UNIQUE INDEX ON partial (id) WHERE b; CREATE TABLE wider (id int, b int DEFAULT 0, UNIQUE (id, b)); CREATE VIEW seen AS SELECT 1 AS id`);
    const codeOf = async (table: string, columns: readonly string[]) => {
      await using sink = new SinkUnderTest({ connection: database.url });
      await sink.open();
      const prepared = sink.sink.prepare?.(
        [relationOf({ table, columns, key: ['id'] })],
        'stream',
        new AbortController().signal,
      );
      return await prepared?.then(
        () => null,
        ({ code, hint }) => ({ code, hint }),
      );
    };
    expect(await codeOf('narrow', ['id integer!', 'b text'])).toEqual({
      code: 'SCHEMA_MISMATCH',
      hint: 'ALTER TABLE "public"."narrow" ADD COLUMN "b" text;',
    });
    const unique = (table: string) => ({
      code: 'TARGET_KEY_MISSING',
      hint: `CREATE UNIQUE INDEX ON "public"."${table}" ("id");`,
    });
    for (const table of ['keyless', 'deferred', 'partial', 'wider'])
      expect(await codeOf(table, ['id integer!'])).toEqual(unique(table));
    expect(await codeOf('seen', ['id integer!'])).toMatchObject({ code: 'TARGET_TABLE_UNSUITABLE' });
  });

  it('two streams may make the same tables at once', async () => {
    await using database = await createDatabase(server);
    const tables = ['a', 'b', 'c'].map((table) =>
      relationOf({ schema: 'both', table, columns: ['id integer!'], key: ['id'] }),
    );
    const sinks = ['one', 'two', 'three'].map((id) => new SinkUnderTest({ connection: database.url }, {}, id));
    await Promise.all(sinks.map((sink) => sink.start(tables)));
    await Promise.all(sinks.map(({ sink }) => sink.close()));
  });
});

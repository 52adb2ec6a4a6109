import type { SelectedTable, ValidationReport } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import {
  createDatabase,
  postgresUrl,
  postgresVersions,
  sharedPostgres,
  startPostgres,
  uniqueName,
} from '../../../../test/harness/index.ts';
import { StreamDriver } from '../stream-driver.test-support.ts';

const codes = ({ items }: ValidationReport, level: 'error' | 'warning' = 'error') =>
  items.filter((item) => item.state === 'failed' && item.level === level).map(({ code }) => code);

const left = `SELECT (SELECT count(*) FROM pg_publication) AS publications,
  (SELECT count(*) FROM pg_replication_slots WHERE database = current_database()) AS slots`;

describe.each(postgresVersions())('validation on PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  it('has nothing against a source that works, and creates nothing', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    const report = await driver.source.validate(driver.context);
    expect(codes(report)).toEqual([]);
    expect(report.items.every(({ state }) => state !== 'not-executed')).toBe(true);
    expect(await database.query(left)).toEqual([{ publications: '0', slots: '0' }]);
    await driver.start();
    expect(codes(await driver.source.validate(driver.context))).toEqual([]);
  });

  it('reports six problems at once, each with what fixes it, and creates nothing', async () => {
    await using own = await startPostgres({ version, settings: { wal_level: 'replica', max_replication_slots: '1' } });
    await using database = await createDatabase(own);
    await database.query('SELECT pg_create_physical_replication_slot($1)', [uniqueName('slot')]);
    const role = uniqueName('role');
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    await database.query('CREATE TABLE keyless (id int); CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY)');
    const { port } = own;
    const connection = `postgres://${role}:secret@127.0.0.1:${port}/${database.name}`;
    const tables = ['keyless', 'scratch', 'nothing'];
    await using driver = new StreamDriver({ connection, streamId: uniqueName('s'), tables });
    const report = await driver.source.validate(driver.context);
    expect([...new Set(codes(report))].sort()).toEqual([
      'MISSING_PRIVILEGE',
      'NOT_IN_STREAM',
      'NOT_REPLICATION_ROLE',
      'NO_FREE_SLOT',
      'NO_REPLICA_IDENTITY',
      'TABLE_MISSING',
      'WAL_LEVEL',
    ]);
    const withoutFix = report.items.filter(({ state, level, fix }) => state === 'failed' && level === 'error' && !fix);
    expect(withoutFix.map(({ code }) => code)).toEqual(['TABLE_MISSING']);
    expect(report.items.find(({ state }) => state === 'not-executed')?.code).toBe('REPLICATION_CONNECTION');
    expect(codes(report, 'warning')).toContain('MONITORING_PRIVILEGE');
    expect(JSON.stringify(report)).not.toContain('secret');
    const slots = 'SELECT count(*) FROM pg_replication_slots WHERE database IS NOT NULL';
    expect(await database.query(slots)).toEqual([{ count: '0' }]);
    expect(await database.query('SELECT pubname FROM pg_publication')).toEqual([]);
  });

  it('says what it could not check when there is no connection', async () => {
    const connection = postgresUrl({ host: '127.0.0.1', port: 1 });
    await using driver = new StreamDriver({ connection });
    const { items } = await driver.source.validate(driver.context);
    expect(items[0]).toMatchObject({ code: 'CONNECTION', state: 'failed', path: 'source.connection' });
    expect(items.slice(1).map(({ state }) => state)).toEqual(Array(items.length - 1).fill('not-executed'));
  });

  it('tells a wrong password from a server that is not there', async () => {
    await using database = await createDatabase(server);
    const role = uniqueName('role');
    const { host, port } = server;
    const connection = `postgres://${role}:wrong-secret@${host}:${port}/${database.name}`;
    await using driver = new StreamDriver({ connection });
    const report = await driver.source.validate(driver.context);
    expect(codes(report)).toEqual(['AUTHENTICATION']);
    expect(JSON.stringify(report)).not.toContain('wrong-secret');
  });

  it('says what an existing publication lacks, with the SQL that adds it', async () => {
    await using database = await createDatabase(server);
    await database.query('CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE "B" (id int PRIMARY KEY)');
    const publication = uniqueName('p');
    await database.query(`CREATE PUBLICATION ${publication} FOR TABLE a WITH (publish = 'insert')`);
    const options = { connection: database.url, streamId: uniqueName('s'), publication };
    {
      await using driver = new StreamDriver({ ...options, tables: ['a', 'B'] });
      const report = await driver.source.validate(driver.context);
      expect(codes(report)).toEqual(['PUBLICATION', 'PUBLICATION']);
      for (const { fix } of report.items.filter(({ code }) => code === 'PUBLICATION')) await database.query(fix ?? '');
      expect(codes(await driver.source.validate(driver.context))).toEqual([]);
    }
    await using everything = new StreamDriver(options);
    expect(codes(await everything.source.validate(everything.context))).toEqual([]);
  });

  it('warns of what the stream will not hold', async () => {
    await using database = await createDatabase(server);
    await database.query(`
      CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE keyless (id int); CREATE SEQUENCE s;
      CREATE UNLOGGED TABLE u (id int PRIMARY KEY); CREATE MATERIALIZED VIEW m AS SELECT 1; CREATE VIEW v AS SELECT 1 AS one;
      SELECT lo_create(0)`);
    await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s') });
    const report = await driver.source.validate(driver.context);
    expect(codes(report)).toEqual([]);
    const messages = report.items.filter(({ code }) => code === 'NOT_IN_STREAM').map(({ message }) => message);
    expect(messages).toEqual([
      'Not in the stream, sequences: public.s',
      'Not in the stream, unlogged tables: public.u',
      'Not in the stream, views: public.v',
      'Not in the stream, materialized views: public.m',
      'Not in the stream: large objects',
    ]);
    expect(codes(report, 'warning')).toEqual(expect.arrayContaining(['TABLE_LEFT_OUT', 'WAL_BUDGET']));
  });

  it('says of a view that it is not in the stream: an error for its name, a warning for a pattern', async () => {
    await using database = await createDatabase(server);
    await database.query(
      `CREATE TABLE items (id int PRIMARY KEY); CREATE VIEW items_sold AS SELECT * FROM items; CREATE VIEW other AS SELECT 1 AS one`,
    );
    const found = async (...tables: readonly (string | SelectedTable)[]) => {
      await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), tables });
      const { items } = await driver.source.validate(driver.context);
      const about = ['TABLE_MISSING', 'NOT_IN_STREAM', 'QUERY_NOT_POSSIBLE'];
      const wrong = items.filter(({ state, code }) => state === 'failed' && about.includes(code));
      return wrong.map(({ code, level, message, fix }) => ({ code, level, message, fix }));
    };
    const warning = (names: string) => ({
      code: 'NOT_IN_STREAM',
      level: 'warning',
      message: `Not in the stream, views: ${names}`,
      fix: null,
    });
    expect(await found()).toEqual([warning('public.items_sold, public.other')]);
    expect(await found('items*')).toEqual([warning('public.items_sold')]);
    expect(await found('items')).toEqual([]);
    expect(await found('*', 'items_sold')).toEqual([
      {
        code: 'NOT_IN_STREAM',
        level: 'error',
        message: 'The log holds no changes of public.items_sold',
        fix: expect.stringContaining("{ name, query: 'SELECT * FROM …' }"),
      },
      warning('public.other'),
    ]);
    // The way out.
    const query = 'SELECT * FROM public.items_sold';
    expect(await found('items*', { name: 'items_sold', operations: [], query })).toEqual([]);
  });

  // Publications have filters from PostgreSQL 15 on.
  if (version >= 15)
    it('warns of filters in a publication', async () => {
      await using database = await createDatabase(server);
      await database.query('CREATE TABLE a (id int PRIMARY KEY, b text); CREATE TABLE c (id int PRIMARY KEY, b text)');
      const publication = uniqueName('p');
      await database.query(`CREATE PUBLICATION ${publication} FOR TABLE a (id), c WHERE (id > 5)`);
      await using driver = new StreamDriver({ connection: database.url, streamId: uniqueName('s'), publication });
      const { items } = await driver.source.validate(driver.context);
      expect(items.find(({ code }) => code === 'PUBLICATION_FILTERED')).toMatchObject({
        level: 'warning',
        message: expect.stringContaining('public.a, public.c'),
      });
    });

  it('knows slots of another plugin or database', async () => {
    await using database = await createDatabase(server);
    await using other = await createDatabase(server);
    const [foreign, elsewhere] = [uniqueName('slot'), uniqueName('slot')];
    await database.query('SELECT pg_create_physical_replication_slot($1)', [foreign]);
    await other.query('SELECT pg_create_logical_replication_slot($1, $2)', [elsewhere, 'pgoutput']);
    const check = async (slot: string) => {
      await using driver = new StreamDriver({ connection: database.url, slot });
      return codes(await driver.source.validate(driver.context));
    };
    expect(await check(foreign)).toContain('SLOT_PLUGIN');
    expect(await check(elsewhere)).toContain('SLOT_DATABASE');
    await database.query('SELECT pg_drop_replication_slot($1)', [foreign]);
  });
});

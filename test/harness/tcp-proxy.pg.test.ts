import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProxy, type TcpProxy } from '../../packages/testkit/src/network/index.ts';
import { createDatabase, type TestDatabase } from '../../packages/testkit/src/servers/index.ts';
import { until } from '../../packages/testkit/src/waiting/index.ts';
import { sharedPostgres } from './shared-postgres.ts';

const commit = { simple: { text: 'COMMIT' }, extended: { text: 'COMMIT', queryMode: 'extended' } };

describe('a proxy in front of PostgreSQL', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let clients: pg.Client[];

  beforeEach(async () => {
    database = await createDatabase(sharedPostgres());
    await database.query('CREATE TABLE t (a int)');
    proxy = await startProxy({ target: database.server });
    clients = [];
  });

  afterEach(async () => {
    await proxy[Symbol.asyncDispose]();
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
    await database[Symbol.asyncDispose]();
  });

  const connect = async (config: pg.ClientConfig = {}): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: proxy.url(database.name), ...config });
    client.on('error', () => {});
    await client.connect();
    clients.push(client);
    return client;
  };
  const rows = () => database.query('SELECT a FROM t ORDER BY a');
  const insertAndCommit = async (client: pg.Client): Promise<void> => {
    await client.query('BEGIN');
    await client.query('INSERT INTO t VALUES ($1)', [1]);
    await client.query('COMMIT');
  };

  it('carries simple, extended, large and slow traffic unchanged', async () => {
    const client = await connect();
    const text = 'ö'.repeat(3_000_000);
    expect((await client.query('SELECT $1::text AS text', [text])).rows).toEqual([{ text }]);
    expect(await client.query('SELECT 1 AS a; SELECT 2 AS b')).toHaveLength(2);
    proxy.slow(2_000);
    const start = performance.now();
    await client.query(`SELECT '${'x'.repeat(500)}'`);
    expect(performance.now() - start).toBeGreaterThan(250);
  });

  it('cuts connections, on both sides', async () => {
    const client = await connect();
    const lost = expect(client.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: 'ECONNRESET' });
    proxy.cut();
    await lost;
    await until(() => proxy.connections.length === 0, { describe: 'connections to be gone' });
  });

  it('freezes and thaws', async () => {
    const client = await connect();
    proxy.freeze();
    let answered = false;
    const query = client.query('INSERT INTO t VALUES (1)').then(() => {
      answered = true;
    });
    await expect(connect({ connectionTimeoutMillis: 100 })).rejects.toThrow('timeout');
    expect(await rows()).toEqual([]);
    expect(answered).toBe(false);
    proxy.thaw();
    await query;
    expect(await rows()).toEqual([{ a: 1 }]);
  });

  it('refuses connections and accepts them again', async () => {
    const before = await connect();
    proxy.refuse();
    await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await before.query('SELECT 1');
    await proxy.accept();
    await (await connect()).query('SELECT 1');
  });

  it('swallows what goes to the client', async () => {
    const client = await connect();
    proxy.drop('to-client');
    client.query('INSERT INTO t VALUES (1)').catch(() => {});
    await until(async () => (await rows()).length === 1, { describe: 'the row' });
  });

  it('cuts before the first statement, of matching connections only', async () => {
    const step = proxy.at('before-first-statement', 'cut', { applicationName: 'victim' });
    const [other, victim] = [
      await connect({ application_name: 'other' }),
      await connect({ application_name: 'victim' }),
    ];
    await other.query('INSERT INTO t VALUES (1)');
    await expect(victim.query('INSERT INTO t VALUES (2)')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await step.reached()).startup).toMatchObject({ application_name: 'victim', database: database.name });
    await (await connect({ application_name: 'victim' })).query('INSERT INTO t VALUES (3)');
    expect(await rows()).toEqual([{ a: 1 }, { a: 3 }]);
  });

  it('cuts between statements, named ones included', async () => {
    proxy.at('between-statements', 'cut', { matching: /^INSERT/, nth: 3 });
    const client = await connect();
    const insert = (a: number) => client.query({ name: 'insert', text: 'INSERT INTO t VALUES ($1)', values: [a] });
    await insert(1);
    await insert(2);
    await expect(insert(3)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await rows()).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it.each(['simple', 'extended'] as const)('cuts after a %s COMMIT and before its reply', async (protocol) => {
    const step = proxy.at('commit-sent', 'cut', { times: 2 });
    for (const a of [1, 2]) {
      const client = await connect();
      await client.query('BEGIN');
      await client.query('INSERT INTO t VALUES ($1)', [a]);
      await expect(client.query(commit[protocol])).rejects.toMatchObject({ code: 'ECONNRESET' });
    }
    await step.reached(2);
    expect(await rows()).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('finds COMMIT in a query of several statements and drops its reply', async () => {
    const step = proxy.at('commit-sent', 'drop-reply');
    const client = await connect({ query_timeout: 200 });
    await expect(client.query('BEGIN; INSERT INTO t VALUES (1); COMMIT')).rejects.toThrow('timeout');
    await step.reached();
    expect(await rows()).toEqual([{ a: 1 }]);
  });

  it('holds the reply to COMMIT until it is released', async () => {
    const step = proxy.at('commit-sent', 'freeze');
    const committed = insertAndCommit(await connect());
    await step.reached();
    expect(await rows()).toEqual([{ a: 1 }]);
    await step.release();
    await committed;
  });

  it.each(['simple', 'extended'] as const)('delivers a %s COMMIT after its client has gone', async (protocol) => {
    const step = proxy.at('before-commit', 'freeze', { applicationName: 'zombie' });
    const zombie = await connect({ application_name: 'zombie' });
    await zombie.query('BEGIN');
    await zombie.query('INSERT INTO t VALUES (1)');
    const lost = expect(zombie.query(commit[protocol])).rejects.toThrow();
    const connection = await step.reached();
    connection.cut('client');
    await lost;
    await (await connect()).query('INSERT INTO t VALUES (2)');
    expect(await rows()).toEqual([{ a: 2 }]);
    await step.release();
    expect(await rows()).toEqual([{ a: 1 }, { a: 2 }]);
    await connection.closed;
  });

  it('tells replication connections from others', async () => {
    const step = proxy.at('between-statements', 'cut', { replication: true, matching: /IDENTIFY_SYSTEM/ });
    const stream = await connect({ connectionString: `${proxy.url(database.name)}?replication=database` });
    await (await connect()).query("SELECT 'IDENTIFY_SYSTEM'");
    await expect(stream.query('IDENTIFY_SYSTEM')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await step.reached();
  });
});

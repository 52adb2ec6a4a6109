import type { Connection } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProxy, type TcpProxy } from '../../packages/testkit/src/network/index.ts';
import { createMysqlDatabase, type MysqlTestDatabase } from '../../packages/testkit/src/servers/index.ts';
import { connectMysql, mysqlRows } from '../../packages/testkit/src/servers/mysql-client.ts';
import { until } from '../../packages/testkit/src/waiting/index.ts';
import { mysqlNames, sharedMysql } from './shared-mysql.ts';

describe.each(mysqlNames())('a proxy in front of %s', (name) => {
  let database: MysqlTestDatabase;
  let proxy: TcpProxy;
  let connections: Connection[];

  beforeEach(async () => {
    database = await createMysqlDatabase(sharedMysql(name));
    await database.query('CREATE TABLE t (a int)');
    proxy = await startProxy({ target: database.server });
    connections = [];
  });

  afterEach(async () => {
    for (const connection of connections) connection.destroy();
    await proxy[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const connect = async (connectTimeout = 10_000): Promise<Connection> => {
    const connection = await connectMysql(proxy.url(database.name), { connectTimeout });
    connection.on('error', () => {});
    connections.push(connection);
    return connection;
  };

  it('carries large and slow traffic unchanged', async () => {
    const connection = await connect();
    const text = 'ö'.repeat(3_000_000);
    expect(await mysqlRows(connection, 'SELECT ? AS text', [text])).toEqual([{ text }]);
    proxy.slow(2_000);
    const start = performance.now();
    await connection.query(`SELECT '${'x'.repeat(500)}'`);
    expect(performance.now() - start).toBeGreaterThan(250);
  });

  it('cuts, freezes, thaws and refuses connections', async () => {
    const [cut, frozen] = [await connect(), await connect()];
    const lost = expect(cut.query('SELECT sleep(60)')).rejects.toMatchObject({ code: 'ECONNRESET' });
    proxy.connections[0]?.cut();
    await lost;
    proxy.freeze();
    const query = frozen.query('INSERT INTO t VALUES (1)');
    await expect(connect(100)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(await database.query('SELECT * FROM t')).toEqual([]);
    proxy.thaw();
    await query;
    expect(await database.query('SELECT * FROM t')).toEqual([{ a: 1 }]);
    proxy.refuse();
    await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await frozen.query('SELECT 1');
  });

  it('swallows what goes to the client', async () => {
    const connection = await connect();
    proxy.drop('to-client');
    connection.query('INSERT INTO t VALUES (1)').catch(() => {});
    await until(async () => (await database.query('SELECT * FROM t')).length === 1, { describe: 'the row' });
  });
});

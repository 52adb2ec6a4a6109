import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, type MysqlTestDatabase } from '../../packages/testkit/src/servers/index.ts';
import { connectMysql, mysqlRows, withMysql } from '../../packages/testkit/src/servers/mysql-client.ts';
import { mysqlNames, sharedMysql } from './shared-mysql.ts';

describe.each(mysqlNames())('a test database of %s', (name) => {
  const server = sharedMysql(name);
  const left = ({ name: database }: MysqlTestDatabase, user: string): Promise<unknown[]> =>
    withMysql(server.url(), async (admin) => [
      ...(await mysqlRows(admin, 'SHOW DATABASES LIKE ?', [database])),
      ...(await mysqlRows(admin, 'SELECT user FROM mysql.user WHERE user = ?', [user])),
      ...(await mysqlRows<{ data: unknown }>(admin, 'XA RECOVER')).filter(({ data }) => `${data}`.startsWith(database)),
    ]);

  it('is empty, runs SQL and gives exact values', async () => {
    await using database = await createMysqlDatabase(server);
    expect(await database.query('SHOW TABLES')).toEqual([]);
    expect(
      await database.query(
        'CREATE TABLE t (a bigint, b decimal(30,10)); INSERT INTO t VALUES (?, ?); SELECT * FROM t',
        ['9007199254740993', '1.0000000001'],
      ),
    ).toEqual([{ a: '9007199254740993', b: '1.0000000001' }]);
    expect(await database.query('SELECT 1 AS a; SELECT 2 AS b')).toEqual([{ b: 2 }]);
    expect(await database.query('SELECT 1 AS a; SELECT 2 AS b WHERE 1 = 0')).toEqual([]);
    expect(await database.query('INSERT INTO t VALUES (1, 1)')).toEqual([]);
  });

  it('takes its connections, users and prepared transactions with it', async () => {
    const database = await createMysqlDatabase(server);
    const { name: user, url } = await database.createUser();
    await database.query('CREATE TABLE t (a int) ENGINE = InnoDB');
    const prepared = await database.connect();
    for (const statement of ['START', 'END', 'PREPARE']) {
      await prepared.query(`XA ${statement} '${database.name}', 'branch', 7`);
      if (statement === 'START') await prepared.query('INSERT INTO t VALUES (1)');
    }
    const open = await connectMysql(url);
    const lost = new Promise((resolve) => open.once('error', resolve));
    await open.query('BEGIN');
    await open.query('INSERT INTO t VALUES (2)');
    expect(await left(database, user)).toHaveLength(3);
    await database[Symbol.asyncDispose]();
    await lost;
    expect(await left(database, user)).toEqual([]);
  });

  it('has users with no more privileges than they are given', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (a int)');
    const { url } = await database.createUser([`SELECT ON ${database.name}.t`]);
    await withMysql(url, async (connection) => {
      expect(await mysqlRows(connection, 'SELECT * FROM t')).toEqual([]);
      await expect(connection.query('INSERT INTO t VALUES (1)')).rejects.toMatchObject({ errno: 1142 });
    });
  });
});

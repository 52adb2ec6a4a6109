import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSockets } from '../../packages/testkit/src/leaks/index.ts';
import { isRunning } from '../../packages/testkit/src/processes/index.ts';
import { createMysqlDatabase, type MysqlServer } from '../../packages/testkit/src/servers/index.ts';
import { mysqlRows, withMysql } from '../../packages/testkit/src/servers/mysql-client.ts';
import { until } from '../../packages/testkit/src/waiting/index.ts';
import { mysqlNames } from './shared-mysql.ts';
import { startMysql } from './start-mysql.ts';
import { startProgram } from './start-program.ts';

const query = (server: MysqlServer, text: string): Promise<unknown[]> =>
  withMysql(server.url(), (connection) => mysqlRows(connection, text));

const durability = '@@innodb_flush_log_at_trx_commit AS flush, @@sync_binlog AS sync';

describe.each(mysqlNames())('a private %s', (name) => {
  it('is of that version, durable, and logs whole rows with GTIDs', async () => {
    await using server = await startMysql({ name, settings: { binlog_row_image: 'NOBLOB' } });
    const [, series] = name.split('-');
    const gtids = server.kind === 'mysql' ? '@@gtid_mode' : '@@gtid_strict_mode';
    const rows = await query(
      server,
      `SELECT version() AS version, @@log_bin AS logged, @@binlog_format AS format, @@binlog_row_image AS image,
              @@binlog_row_metadata AS metadata, ${durability}, ${gtids} AS gtids,
              CONVERT_TZ('2026-01-01', 'UTC', 'Europe/Berlin') AS berlin`,
    );
    expect(rows).toEqual([
      {
        version: expect.stringMatching(new RegExp(`^${series ?? '(9\\.([7-9]|\\d\\d)|\\d\\d)'}\\.`)),
        logged: 1,
        format: 'ROW',
        image: 'NOBLOB',
        metadata: 'FULL',
        flush: 1,
        sync: 1,
        gtids: server.kind === 'mysql' ? 'ON' : 1,
        berlin: '2026-01-01 01:00:00',
      },
    ]);
  });

  it.each(['kill', 'shutdown'] as const)('keeps what was committed across %s, and its identity', async (end) => {
    await using server = await startMysql({ name });
    await using database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (a int); INSERT INTO t VALUES (1)');
    const open = await database.connect();
    const lost = new Promise((resolve) => open.once('error', resolve));
    await open.query('BEGIN');
    await open.query('INSERT INTO t VALUES (2)');
    const identity = `SELECT @@server_id AS id, ${server.kind === 'mysql' ? '@@server_uuid' : '@@gtid_domain_id'} AS name`;
    const [{ pid, port }, before] = [server, await query(server, identity)];
    await server[end]();
    expect(isRunning(pid)).toBe(false);
    await lost;
    await server.start({ binlog_row_image: 'MINIMAL' });
    expect(server.port).toBe(port);
    expect(await query(server, identity)).toEqual(before);
    expect(await query(server, 'SELECT @@binlog_row_image AS image')).toEqual([{ image: 'MINIMAL' }]);
    expect(await database.query('SELECT * FROM t')).toEqual([{ a: 1 }]);
    expect(/crash recovery/i.test(await server.log())).toBe(end === 'kill');
  });

  it('stands still while it is frozen, and goes on when it is thawed', async () => {
    await using server = await startMysql({ name });
    await using database = await createMysqlDatabase(server);
    await database.query('SELECT 1 AS a');
    await server.freeze();
    const answer = database.query('SELECT 2 AS a');
    server.thaw();
    expect(await answer).toEqual([{ a: 2 }]);
    await server.freeze();
    await server.restart();
    expect(await query(server, 'SELECT 3 AS a')).toEqual([{ a: 3 }]);
  });

  it.each(['running', 'frozen'])(
    'is gone, with its files, when the process that started it is killed: %s',
    async (state) => {
      await using owner = await startProgram(new URL('programs/mysql-owner.ts', import.meta.url), {
        args: [name, state],
      });
      const { pid, dataDirectory } = await owner.message<{ pid: number; dataDirectory: string }>('started');
      expect(isRunning(pid)).toBe(true);
      owner.kill('SIGKILL');
      await owner.exited;
      await until(() => !isRunning(pid), { describe: 'end of the server' });
      await until(() => !existsSync(dataDirectory), { describe: 'removal of the data directory' });
    },
  );

  it('says why it did not start', async () => {
    await expect(startMysql({ name, settings: { no_such_setting: '1' } })).rejects.toThrow('no-such-setting');
  });
});

describe('private servers of MySQL and MariaDB', () => {
  it('may log nothing, and take files', async () => {
    const settings = { log_bin: false, init_file: 'first.sql' } as const;
    await using server = await startMysql({ settings, files: { 'first.sql': 'CREATE DATABASE made_first;\n' } });
    expect(await query(server, 'SELECT @@log_bin AS logged')).toEqual([{ logged: 0 }]);
    expect(await query(server, "SHOW DATABASES LIKE 'made%'")).toHaveLength(1);
  });

  it('differ in port, server id and uuid', async () => {
    await using first = await startMysql();
    await using second = await startMysql();
    const [{ id, uuid }] = (await query(first, 'SELECT @@server_id AS id, @@server_uuid AS uuid')) as [
      { id: number; uuid: string },
    ];
    expect(first.port).not.toBe(second.port);
    expect(await query(second, `SELECT @@server_id = ${id} AS id, @@server_uuid = '${uuid}' AS uuid`)).toEqual([
      { id: 0, uuid: 0 },
    ]);
  });

  it('leave nothing behind when stopped, running or killed', async () => {
    const sockets = openSockets();
    for (const end of ['run', 'kill'] as const) {
      const server = await startMysql({ name: 'mariadb-11.8' });
      await (await createMysqlDatabase(server))[Symbol.asyncDispose]();
      if (end === 'kill') await server.kill();
      await server.stop();
      await server.stop();
      expect(existsSync(server.dataDirectory)).toBe(false);
    }
    await until(() => openSockets() === sockets, { describe: 'sockets to be closed' });
  });
});

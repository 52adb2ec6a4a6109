import { setTimeout } from 'node:timers/promises';
import { connectDriver, resolveConnection, takeSocket } from '@millrace/mysql-client';
import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlServer,
  mysqlNames,
  sharedMysql,
  startMysql,
  uniqueName,
} from '../../../../test/harness/index.ts';
import { applicationName, ask, eventsUntil, openReader, startAtHead } from './dump-reader.test-support.ts';

describe.each(mysqlNames())('reading the log of %s', (name) => {
  const fill = async (server: MysqlServer): Promise<string> => {
    const database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, filler longtext)');
    for (let row = 0; row < 60; row++) {
      await database.query("INSERT INTO t (filler) VALUES (CONCAT('row', REPEAT('x', 1000000)))");
    }
    const mark = uniqueName('mark');
    await database.query('INSERT INTO t (filler) VALUES (?)', [mark]);
    return mark;
  };
  const rows = (events: readonly Buffer[]) => events.filter((event) => event.includes('rowxxx')).length;

  it('survives a consumer that takes nothing for longer than the server waits, and starts again after longer', async () => {
    await using server = await startMysql({ name, settings: { net_write_timeout: '1', sync_binlog: '0' } });
    const start = await startAtHead(server);
    const mark = await fill(server);
    await using patient = await openReader(server, { start, maxBytes: 1_000_000 });
    await using impatient = await openReader(server, { start, maxBytes: 1_000_000, patience: 1 });
    await setTimeout(4_000);
    expect(rows(await eventsUntil(patient, mark))).toBe(60);
    await expect(eventsUntil(impatient, mark)).rejects.toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
    await using again = await openReader(server, { start });
    expect(rows(await eventsUntil(again, mark))).toBe(60);
  });

  it('goes on after the server was killed', async () => {
    await using server = await startMysql({ name });
    const database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, filler longtext)');
    const start = await startAtHead(server);
    const [before, after] = [uniqueName('before'), uniqueName('after')];
    await database.query('INSERT INTO t (filler) VALUES (?)', [before]);
    await using reader = await openReader(server, { start });
    await eventsUntil(reader, before);
    const waiting = eventsUntil(reader, after);
    const ended = expect(waiting).rejects.toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
    await server.kill();
    await ended;
    expect(reader.failed.aborted).toBe(true);
    await expect(openReader(server, { start })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await server.start();
    await ask(server.url(database.name), (session) => session.query('INSERT INTO t (filler) VALUES (?)', [after]));
    await using again = await openReader(server, { start });
    const events = await eventsUntil(again, after);
    expect(events.some((event) => event.includes(before))).toBe(true);
  });

  // MariaDB makes itself a certificate from 11.4 on.
  it.skipIf(name === 'mariadb-10.11')('is encrypted where the connection is', async () => {
    const server = sharedMysql(name);
    await using database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, filler longtext)');
    const user = await database.createUser(['REPLICATION SLAVE ON *.*', 'REPLICATION CLIENT ON *.*']);
    await database.query(`ALTER USER ${user.name} REQUIRE SSL`);
    const start = await startAtHead(server);
    const mark = uniqueName('mark');
    await database.query("INSERT INTO t (filler) VALUES (CONCAT('row', REPEAT('x', 20000000), ?))", [mark]);
    const connection = resolveConnection(`${user.url}?ssl=skip-verify`);
    await using reader = await openReader(server, { start, connection });
    expect(rows(await eventsUntil(reader, mark))).toBe(1);
    const plain = resolveConnection(`${user.url}?ssl=false`);
    await expect(openReader(server, { start, connection: plain })).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    });
  });

  it('is refused to who may not', async () => {
    const server = sharedMysql(name);
    await using database = await createMysqlDatabase(server);
    const user = await database.createUser();
    const start = await startAtHead(server);
    const opened = openReader(server, { start, connection: resolveConnection(user.url) });
    await expect(opened.then((reader) => reader.next())).rejects.toMatchObject({
      code: expect.stringMatching(/PERMISSION_DENIED|AUTHENTICATION_FAILED/),
      recovery: 'operator',
    });
  });

  it('relies on what the driver calls its stream, plain and encrypted', async () => {
    const url = sharedMysql(name).url();
    for (const tls of name === 'mariadb-10.11' ? ['false'] : ['false', 'skip-verify']) {
      const { driver, socket } = await connectDriver(resolveConnection(`${url}?ssl=${tls}`), { applicationName });
      const stream = takeSocket(driver);
      expect('encrypted' in stream).toBe(tls !== 'false');
      const answer = new Promise<Buffer>((resolve) => stream.once('data', resolve));
      stream.write(Buffer.from([1, 0, 0, 0, 0x0e])); // COM_PING
      expect((await answer)[4]).toBe(0);
      socket.destroy();
    }
  });
});

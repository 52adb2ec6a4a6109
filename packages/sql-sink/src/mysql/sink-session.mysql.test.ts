import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { resolveConnection } from '@millrace/mysql-client';
import { describe, expect, it } from 'vitest';
import { createMysqlDatabase, type MysqlEndpoint, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { openSinkSession } from './sink-session.ts';

const signal = new AbortController().signal;
const open = (url: string) => openSinkSession({ connection: resolveConnection(url), streamId: 'test', signal });

type Change = (bytes: Buffer) => Buffer;
const unchanged: Change = (bytes) => bytes;

/** In front of a server, changes what goes to it or comes from it. */
const startPooler = async (server: MysqlEndpoint, toServer: Change, toClient: Change) => {
  const changing = (change: Change) =>
    new Transform({ transform: (bytes, _encoding, done) => done(null, change(bytes)) });
  const sockets: Socket[] = [];
  const listener = createServer((client) => {
    const target = connect(server.port, server.host);
    sockets.push(client, target);
    for (const socket of [client, target]) socket.on('error', () => {});
    client.pipe(changing(toServer)).pipe(target).pipe(changing(toClient)).pipe(client);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = (database: string) => {
    const changed = new URL(server.url(database));
    changed.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
    changed.searchParams.set('ssl', 'false');
    return changed.href;
  };
  const dispose = async () => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    await once(listener, 'close');
  };
  return { url, [Symbol.asyncDispose]: dispose };
};

/** As a proxy that shares connections greets: with a number of its own. */
const ownNumber = (): Change => {
  let isGreeted = false;
  return (bytes) => {
    if (!isGreeted) bytes.writeUInt32LE(4_000_000_000, bytes.indexOf(0, 5) + 1);
    isGreeted = true;
    return bytes;
  };
};

const otherMode: Change = (bytes) =>
  Buffer.from(bytes.toString('latin1').replace("NO_AUTO_VALUE_ON_ZERO'", "ANSI_QUOTES'".padEnd(22)), 'latin1');

describe.each(mysqlNames())('a session of the sink on %s', (name) => {
  const server = sharedMysql(name);

  it('writes zeros and zero dates, keys of missing rows, and counts the rows that it meets', async () => {
    await using database = await createMysqlDatabase(server);
    await database.query(
      'CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int AUTO_INCREMENT PRIMARY KEY, d date, p int, FOREIGN KEY (p) REFERENCES p (a))',
    );
    const session = await open(database.url);
    const update = "UPDATE t SET d = '0000-00-00'";
    const outcomes = await session.script(["INSERT INTO t VALUES (0, '0000-00-00', 5)", update]);
    expect(outcomes.map(({ affectedRows }) => affectedRows)).toEqual([1, 1]);
    expect(await session.query('SELECT a, d, p FROM t')).toEqual([{ a: '0', d: '0000-00-00', p: '5' }]);
    await expect(session.script(["INSERT INTO t VALUES ('x', NULL, 1)"])).rejects.toMatchObject({
      code: 'VALUE_REJECTED',
    });
    const isolation = server.kind === 'mysql' ? '@@transaction_isolation' : '@@tx_isolation';
    expect(await session.query(`SELECT ${isolation} AS isolation, @@SESSION.time_zone AS zone`)).toEqual([
      { isolation: 'READ-COMMITTED', zone: '+00:00' },
    ]);
    await session.close();
  });

  it.each([
    ['greets with a number of its own', unchanged, ownNumber],
    ['does not pass settings on', otherMode, () => unchanged],
  ])('is refused behind a proxy that %s', async (_, toServer, toClient) => {
    await using database = await createMysqlDatabase(server);
    await using pooler = await startPooler(server, toServer, toClient());
    await expect(open(pooler.url(database.name))).rejects.toMatchObject({
      code: 'POOLER_NOT_SUPPORTED',
      recovery: 'operator',
    });
  });
});

import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  mysqlNames,
  openSockets,
  sharedMysql,
  startProxy,
  uniqueName,
  until,
} from '../../../../test/harness/index.ts';
import { dumpTimings } from '../liveness/dump-timings.ts';
import { DumpConnection } from './dump-connection.ts';
import {
  applicationName,
  ask,
  connectionTo,
  dumpThreads,
  eventsUntil,
  factsOf,
  isHeartbeat,
  openReader,
  startAtHead,
} from './dump-reader.test-support.ts';
import { endDumpThread } from './end-dump-thread.ts';
import { createReplicaIdentity } from './replica-identity.ts';

describe.each(mysqlNames())('the log of %s', (name) => {
  const server = sharedMysql(name);
  const prepare = async () => {
    const database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, filler longtext)');
    return database;
  };

  it('comes as whole events, in order', async () => {
    await using database = await prepare();
    await using reader = await openReader(server, { start: await startAtHead(server) });
    const marks = Array.from({ length: 50 }, () => uniqueName('mark'));
    for (const mark of marks) await database.query('INSERT INTO t (filler) VALUES (?)', [mark]);
    const events = await eventsUntil(reader, marks.at(-1) ?? '');
    for (const event of events) expect(event.readUInt32LE(9)).toBe(event.length);
    const found = events.flatMap((event) => marks.filter((mark) => event.includes(mark)));
    expect(found).toEqual(marks);
  });

  it('comes with rows of more than one packet', async () => {
    await using database = await prepare();
    await using reader = await openReader(server, { start: await startAtHead(server) });
    const [first, last] = [uniqueName('first'), uniqueName('last')];
    const size = 40 * 1024 * 1024;
    await database.query("INSERT INTO t (filler) VALUES (CONCAT(?, REPEAT('0123456789', ?), ?))", [
      first,
      size / 10,
      last,
    ]);
    await database.query('INSERT INTO t (filler) VALUES (?)', ['behind']);
    const events = await eventsUntil(reader, 'behind');
    const large = events.find((event) => event.includes(first));
    expect(large?.readUInt32LE(9)).toBe(large?.length);
    const from = large?.indexOf(first) ?? 0;
    const text = large?.subarray(from, from + size + first.length + last.length);
    expect(text?.equals(Buffer.from(`${first}${'0123456789'.repeat(size / 10)}${last}`))).toBe(true);
  });

  it('ends at the head where it is asked to', async () => {
    await using database = await prepare();
    const start = await startAtHead(server);
    const mark = uniqueName('mark');
    await database.query('INSERT INTO t (filler) VALUES (?)', [mark]);
    await using reader = await openReader(server, { start, endsAtHead: true });
    const events: Buffer[] = [];
    for await (const more of reader) events.push(...more);
    expect(events.some((event) => event.includes(mark))).toBe(true);
    expect(await reader.next()).toBeNull();
  });

  it('is alive by heartbeats while nothing happens', async () => {
    await using reader = await openReader(server, { start: await startAtHead(server), timings: dumpTimings(100) });
    let heartbeats = 0;
    while (heartbeats < 10) heartbeats += ((await reader.next()) ?? []).filter(isHeartbeat).length;
  });

  it('is given up when the network swallows everything, and not left at the server', async () => {
    await using proxy = await startProxy({ target: server });
    const timings = dumpTimings(100);
    const connection = connectionTo(proxy.url());
    const reader = await openReader(server, { start: await startAtHead(server), timings, connection });
    while (((await reader.next()) ?? []).every((event) => !isHeartbeat(event)));
    proxy.freeze();
    const drain = async () => {
      while ((await reader.next()) !== null);
    };
    await expect(drain()).rejects.toMatchObject({ code: 'SOURCE_SILENT', recovery: 'retry' });
    expect(reader.failed.reason).toMatchObject({ code: 'SOURCE_SILENT' });
    expect(await dumpThreads(server.url())).toContain(reader.threadId);
    await reader.close();
    await until(async () => !(await dumpThreads(server.url())).includes(reader.threadId), { describe: 'no dump' });
  });

  it('is not given up for silence while nobody reads', async () => {
    await using database = await prepare();
    await using proxy = await startProxy({ target: server });
    const connection = connectionTo(proxy.url());
    const start = await startAtHead(server);
    await database.query("INSERT INTO t (filler) SELECT REPEAT('x', 1000000) FROM information_schema.columns LIMIT 20");
    await using reader = await openReader(server, { start, connection, timings: dumpTimings(100), maxBytes: 100_000 });
    while (((await reader.next()) ?? []).every((event) => event.length < 1_000_000));
    await setTimeout(300);
    proxy.freeze();
    await setTimeout(1_500);
    expect(reader.failed.aborted).toBe(false);
    expect((await reader.next())?.length).toBeGreaterThan(0);
  });

  it('leaves the socket alone while nobody takes what was read', async () => {
    await using database = await prepare();
    const start = await startAtHead(server);
    const rows = 150;
    await database.query(
      "INSERT INTO t (filler) SELECT CONCAT('row', REPEAT('x', 1000000)) FROM information_schema.columns LIMIT ?",
      [rows],
    );
    const mark = uniqueName('mark');
    await database.query('INSERT INTO t (filler) VALUES (?)', [mark]);
    const before = process.memoryUsage().arrayBuffers;
    await using reader = await openReader(server, { start, maxBytes: 1024 * 1024 });
    await setTimeout(1_500);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 * 1024);
    const events = await eventsUntil(reader, mark);
    expect(events.filter((event) => event.includes('rowxxx')).length).toBe(rows);
  });

  it('ends with an error to try again when the connection is cut, and when its thread is killed', async () => {
    await using proxy = await startProxy({ target: server });
    const start = await startAtHead(server);
    const breaks = [
      () => proxy.cut(),
      (thread: number) => ask(server.url(), (session) => session.query(`KILL ${thread}`)),
    ];
    for (const breakIt of breaks) {
      await using reader = await openReader(server, { start, connection: connectionTo(proxy.url()) });
      await reader.next();
      await breakIt(reader.threadId);
      const drain = async () => {
        while ((await reader.next()) !== null);
      };
      await expect(drain()).rejects.toMatchObject({ code: 'CONNECTION_LOST', recovery: 'retry' });
      await reader.close();
      await until(async () => !(await dumpThreads(server.url())).includes(reader.threadId), { describe: 'no dump' });
    }
  });

  it('leaves neither a socket nor a dump behind', async () => {
    const sockets = openSockets();
    const reader = await openReader(server, { start: await startAtHead(server) });
    await reader.next();
    const waiting = reader.next();
    expect(await dumpThreads(server.url())).toContain(reader.threadId);
    await reader.close();
    await waiting;
    expect(await reader.next()).toBeNull();
    await until(async () => !(await dumpThreads(server.url())).includes(reader.threadId), { describe: 'no dump' });
    await until(() => openSockets() === sockets, { describe: 'no socket' });
  });

  it('ends at once when aborted, opening included', async () => {
    const start = await startAtHead(server);
    const controller = new AbortController();
    await using reader = await openReader(server, { start, signal: controller.signal });
    await reader.next();
    const drain = async () => {
      while ((await reader.next()) !== null);
    };
    const ended = expect(drain()).rejects.toThrow('enough');
    controller.abort(new Error('enough'));
    await ended;
    await expect(openReader(server, { start, signal: controller.signal })).rejects.toThrow('enough');
    await using proxy = await startProxy({ target: server });
    proxy.freeze();
    const opening = new AbortController();
    const connection = connectionTo(proxy.url());
    const opened = openReader(server, { start, connection, signal: opening.signal });
    const began = performance.now();
    globalThis.setTimeout(() => opening.abort(new Error('never mind')), 100);
    await expect(opened).rejects.toThrow('never mind');
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('says that another replica has the same server id', async () => {
    const start = await startAtHead(server);
    const serverId = createReplicaIdentity('any').serverId;
    await using first = await openReader(server, { start, identity: createReplicaIdentity('first', serverId) });
    await first.next();
    const identity = createReplicaIdentity('second', serverId);
    const taken = { code: 'SERVER_ID_TAKEN', recovery: 'operator' };
    await expect(openReader(server, { start, identity })).rejects.toMatchObject(taken);
    const own = createReplicaIdentity('own', (await factsOf(server)).serverId);
    await expect(openReader(server, { start, identity: own })).rejects.toMatchObject(taken);
    // A replica that does not ask before.
    const connection = await DumpConnection.open({
      connection: connectionTo(server.url()),
      applicationName,
      identity,
      start,
      heartbeat: 1_000,
      patience: 60,
      handlers: { event: () => {}, read: () => {}, finished: () => {}, lost: () => {} },
      signal: new AbortController().signal,
    });
    const drain = async () => {
      while (server.kind === 'mariadb' && (await first.next()) !== null);
    };
    // MySQL knows replicas by their UUIDs, and lets both live.
    if (server.kind === 'mariadb') await expect(drain()).rejects.toMatchObject(taken);
    else expect(first.failed.aborted).toBe(false);
    connection.destroy();
    await ask(server.url(), (session) => endDumpThread(session, connection.threadId));
  });

  it('is read again over a dump that still hangs at the server', async () => {
    await using proxy = await startProxy({ target: server });
    const identity = createReplicaIdentity('again');
    const start = await startAtHead(server);
    await using first = await openReader(server, { start, identity, connection: connectionTo(proxy.url()) });
    await first.next();
    proxy.freeze();
    await using second = await openReader(server, { start, identity });
    expect((await second.next())?.length).toBeGreaterThan(0);
    await until(async () => !(await dumpThreads(server.url())).includes(first.threadId), { describe: 'one dump' });
  });
});

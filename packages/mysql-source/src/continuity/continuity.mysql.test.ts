import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlServer,
  type MysqlTestDatabase,
  mysqlNames,
  startMysql,
  uniqueName,
  until,
} from '../../../../test/harness/index.ts';
import type { LogSession } from '../log-session.ts';
import { ask, askAt, factsOf, openReader } from '../replication/dump-reader.test-support.ts';
import type { DumpStart } from '../replication/dump-start.ts';
import { readHead, readHeadPlace } from './head.ts';
import { holdCommit } from './held-commit.test-support.ts';
import { dumpStartOf, type LogPosition } from './log-position.ts';
import { proveReach } from './prove-reach.ts';
import type { ServerFacts } from './server-facts.ts';
import { type LogStart, resolveLogStart } from './start-position.ts';
import { readVisiblePosition } from './visible-start.ts';

const signal = new AbortController().signal;

describe.each(mysqlNames())('positions in the log of %s', (name) => {
  let server: MysqlServer;
  let facts: ServerFacts;
  let database: MysqlTestDatabase;

  beforeAll(async () => {
    server = await startMysql({ name });
    facts = await factsOf(server);
    database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, mark varchar(100))');
  });
  afterAll(() => server?.stop());

  const onServer = <T>(use: (session: LogSession) => Promise<T>) => ask(server.url(), use);
  const insert = async (): Promise<string> => {
    const mark = uniqueName('mark');
    await database.query('INSERT INTO t (mark) VALUES (?)', [mark]);
    return mark;
  };
  const openLog = (start: DumpStart) => openReader(server, { start, endsAtHead: true });
  const marksFrom = async (start: DumpStart, marks: readonly string[]): Promise<string[]> => {
    await using log = await openLog(start);
    const found: string[] = [];
    for await (const events of log) {
      for (const event of events) found.push(...marks.filter((mark) => event.includes(mark)));
    }
    return found;
  };
  /** The same position in both forms. */
  const formsOf = (position: LogPosition): DumpStart[] => [
    dumpStartOf(facts, position),
    dumpStartOf(facts, { ...position, gtids: null }),
  ];
  const reach = (start: DumpStart, placeOf = facts.identity) =>
    onServer((session) => proveReach(session, { server: facts, start, placeOf, catchUp: 0.5 }));
  const resolve = (start: LogStart) =>
    resolveLogStart(start, { ask: askAt(server.url()), server: facts, openLog, signal });

  it('are those of the newest transaction', async () => {
    const before = await insert();
    const position = await resolve('latest');
    const after = await insert();
    for (const start of formsOf(position)) {
      await reach(start);
      expect(await marksFrom(start, [before, after])).toEqual([after]);
    }
    expect(await resolve({ position })).toEqual(position);
  });

  it('of another server, or of a log that was begun anew, are refused', async () => {
    const { gtids, place } = await onServer((session) => readHead(session, facts));
    const foreign: DumpStart =
      facts.kind === 'mysql'
        ? { kind: 'gtid-set', set: `${gtids},11111111-2222-3333-4444-555555555555:1-5` }
        : { kind: 'gtid-position', position: '0-77-100000' };
    const changed = { code: 'SOURCE_CHANGED', recovery: 'recover' };
    await expect(reach(foreign)).rejects.toMatchObject(changed);
    await expect(reach({ kind: 'place', place }, 'another')).rejects.toMatchObject(changed);
    const beyond = { file: place.file, offset: place.offset + 10_000_000 };
    await expect(reach({ kind: 'place', place: beyond })).rejects.toMatchObject(changed);
    const later = place.file.replace(/\d+$/, '900000');
    await expect(reach({ kind: 'place', place: { file: later, offset: 4 } })).rejects.toMatchObject(changed);
    if (facts.kind === 'mariadb') {
      // Asked without a proof, the server refuses, and is asked for the reason.
      const reader = await openReader(server, { start: foreign });
      const drain = async () => {
        while ((await reader.next()) !== null);
      };
      await expect(drain()).rejects.toMatchObject(changed);
      await reader.close();
    }
  });

  it('are found by time, in any file', async () => {
    const marks: string[] = [];
    const times: number[] = [];
    for (let file = 0; file < 3; file++) {
      for (let turn = 0; turn < 2; turn++) {
        // The log of MariaDB says seconds: the next transaction shall be in another one.
        const [row] = await database.query<{ now: string }>(
          'SELECT SLEEP(1.1), ROUND(UNIX_TIMESTAMP(NOW(6)) * 1000) + 1100 AS now',
        );
        times.push(Number(row?.now) - (Number(row?.now) % 1_000));
        marks.push(await insert());
      }
      await database.query('FLUSH BINARY LOGS');
    }
    for (const [index, timestamp] of times.entries()) {
      for (const start of formsOf(await resolve({ timestamp }))) {
        await reach(start);
        expect(await marksFrom(start, marks)).toEqual(marks.slice(index));
      }
    }
    for (const start of formsOf(await resolve({ timestamp: Date.now() + 3_600_000 }))) {
      expect(await marksFrom(start, marks)).toEqual([]);
    }
    for (const start of formsOf(await resolve({ timestamp: 0 }))) {
      expect(await marksFrom(start, marks)).toEqual(marks);
    }
  });

  it('whose log was removed are refused, and the rest can be read', async () => {
    const position = await resolve('latest');
    const gone = await insert();
    await database.query('FLUSH BINARY LOGS');
    const left = await insert();
    const { file } = await onServer((session) => readHeadPlace(session, facts));
    await database.query('PURGE BINARY LOGS TO ?', [file]);
    const purged = { code: 'BINLOG_PURGED', recovery: 'recover' };
    for (const start of formsOf(position)) {
      await expect(reach(start)).rejects.toMatchObject(purged);
      // Asked without a proof, the server says 1236 for this and everything else.
      const reader = await openReader(server, { start });
      const drain = async () => {
        while ((await reader.next()) !== null);
      };
      await expect(drain()).rejects.toMatchObject(purged);
      await reader.close();
    }
    await expect(resolve({ position })).rejects.toMatchObject(purged);
    await expect(resolve({ timestamp: 0 })).rejects.toMatchObject(purged);
    for (const start of formsOf(await resolve('earliest'))) {
      await reach(start);
      expect(await marksFrom(start, [gone, left])).toEqual([left]);
    }
  });

  describe('to copy from', () => {
    const visible = () => onServer((session) => readVisiblePosition(session, facts));
    /** From a position to copy from, if there is one now, the transaction is sent, once it is on disk. */
    const expectBehind = async (mark: string): Promise<void> => {
      const position = await visible().catch((error) => {
        expect(error).toMatchObject({ code: 'TRANSACTION_CONFLICT', recovery: 'retry' });
        return null;
      });
      if (position === null) return;
      const start = dumpStartOf(facts, position);
      await reach(start);
      await until(async () => (await marksFrom(start, [mark])).length === 1, { describe: 'the transaction' });
    };
    const hold = async () => {
      const mark = uniqueName('mark');
      const held = await holdCommit(database, 'INSERT INTO t (mark) VALUES (?)', [mark]);
      expect(await seen(mark)).toEqual([]);
      return { ...held, mark };
    };
    const seen = (mark: string) => database.query('SELECT id FROM t WHERE mark = ?', [mark]);

    it('lie before every transaction that nobody sees yet', async () => {
      await insert();
      await using held = await hold();
      await expectBehind(held.mark);
      const head = await onServer((session) => readHead(session, facts));
      expect(await marksFrom({ kind: 'place', place: head.place }, [held.mark])).toEqual([]);
      if (facts.kind !== 'mysql') return;
      // What was read already may not have been executed yet: that is waited for.
      const ahead: DumpStart = { kind: 'gtid-set', set: nextInSet(head.gtids ?? '') };
      await expect(reach(ahead)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
      const reached = onServer((session) => proveReach(session, { server: facts, start: ahead }));
      await held.release();
      await reached;
    });

    it.runIf(name !== 'mysql')('do so behind what is written besides transactions', async () => {
      const other = await database.connect();
      await using held = await hold();
      const shownFile = async () => {
        const [row] = await database.query<{ Value: string }>(
          "START TRANSACTION WITH CONSISTENT SNAPSHOT; SHOW STATUS LIKE 'binlog_snapshot_file'",
        );
        await database.query('ROLLBACK');
        return row?.Value;
      };
      const before = await shownFile();
      const flushed = other.query('FLUSH BINARY LOGS');
      // Of the two, the server shows the new file, though it does not show what is in the old one.
      await until(async () => (await shownFile()) !== before, { describe: 'a new file' });
      let isFound = false;
      const found = visible().then(async () => {
        isFound = true;
        return (await seen(held.mark)).length;
      });
      const isWaiting = async () =>
        (await database.processes()).some(({ statement }) => statement.startsWith('SHOW BINLOG EVENTS'));
      await until(async () => isFound || (await isWaiting()), { describe: 'a position, or a wait for it' });
      await held.release();
      expect(await found).toBe(1);
      await flushed;
    });
  });
});

/** `uuid:1-7` to `uuid:1-8`. */
const nextInSet = (set: string): string => set.replace(/(\d+)$/, (last) => String(Number(last) + 1));

describe.runIf(mysqlNames().includes('mysql'))('MySQL without GTIDs', () => {
  it('begins a copy when everything in its log has been committed', async () => {
    await using server = await startMysql({ settings: { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' } });
    const facts = await factsOf(server);
    expect(facts.hasGtids).toBe(false);
    const database = await createMysqlDatabase(server);
    await database.query('CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, mark varchar(100))');
    await using held = await holdCommit(database, "INSERT INTO t (mark) VALUES ('hanging')");
    let isThere = false;
    const position = ask(server.url(), (session) => readVisiblePosition(session, facts)).then((found) => {
      isThere = true;
      return found;
    });
    const isWaiting = async () =>
      (await database.processes()).some(({ statement }) => statement.startsWith('FLUSH LOCAL'));
    await until(isWaiting, { describe: 'the statement that waits' });
    expect(isThere).toBe(false);
    await held.release();
    expect(await position).toMatchObject({ gtids: null, place: { offset: 4 } });
    expect((await database.query("SELECT id FROM t WHERE mark = 'hanging'")).length).toBe(1);
    const start = dumpStartOf(facts, await position);
    await ask(server.url(), (session) => proveReach(session, { server: facts, start }));
    await using log = await openReader(server, { start, endsAtHead: true });
    for await (const events of log) for (const event of events) expect(event.includes('hanging')).toBe(false);
  });
});

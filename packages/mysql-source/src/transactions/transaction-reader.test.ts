import { describe, expect, it } from 'vitest';
import type { BinlogEvent } from '../binlog/binlog-event.ts';
import { inserts, numbers } from './logged-batches.test-support.ts';
import { type TransactionHandler, TransactionReader } from './transaction-reader.ts';

type Given<K extends BinlogEvent['kind']> = Partial<Extract<BinlogEvent, { readonly kind: K }>>;

/** Everything that the handler is told, a word each. */
const reading = (kind: 'mysql' | 'mariadb' = 'mysql', isLate = false) => {
  const told: string[] = [];
  const handler: TransactionHandler = {
    begin: ({ gtid, commitTime, start }) => void told.push(`begin ${gtid} ${commitTime} ${start.file}:${start.offset}`),
    hold: () => void told.push('hold'),
    rows: () => void told.push('rows'),
    definition: ({ sql }) => void told.push(sql),
    commit: ({ offset }) => void told.push(`commit ${offset}`),
    rollback: ({ offset }) => told.push(`rollback ${offset}`) > 0 && !isLate,
    cutOff: ({ offset }) => told.push(`cut off ${offset}`) > 0 && !isLate,
    savepoint: (name) => void told.push(`savepoint ${name}`),
    rollbackTo: (name) => told.push(`rollback to ${name}`) > 0 && !isLate,
    prepare: (xid, { offset }) => void told.push(`prepare ${xid} ${offset}`),
    resolve: (xid, how) => void told.push(`${how} ${xid}`),
    idle: ({ offset }) => void told.push(`idle ${offset}`),
  };
  const reader = new TransactionReader(handler, { file: 'log.000001', offset: 100 }, kind);
  let offset = 100;
  const push = (event: object) => {
    offset += 10;
    reader.push({ timestamp: 2, place: { file: 'log.000001', offset }, ...event } as BinlogEvent);
  };
  const s = {
    told,
    push,
    gtid: (gtid: string, given: Given<'gtid'> = {}) =>
      push({
        kind: 'gtid',
        gtid,
        commitTime: null,
        standalone: false,
        withoutEffect: false,
        prepared: false,
        ...given,
      }),
    query: (sql: string, given: Given<'query'> = {}) => push({ kind: 'query', sql, schema: 's', ...given }),
    rows: (given: object = {}) => {
      push({ kind: 'table-map', map: numbers, ...given });
      push({ ...inserts(1), ...given });
    },
    xid: () => push({ kind: 'xid' }),
    taken: () => told.splice(0),
  };
  return s;
};

const outOfOrder = expect.objectContaining({
  code: 'LOG_OUT_OF_ORDER',
  details: expect.objectContaining({ file: 'log.000001' }),
});
const tooLate = expect.objectContaining({ code: 'TRANSACTION_CUT_OFF', recovery: 'retry' });
const takenBack = expect.objectContaining({ code: 'PARTIAL_ROLLBACK' });

describe('TransactionReader', () => {
  it('reads transactions of MySQL: BEGIN, rows, and an XID, or COMMIT of MyISAM', () => {
    const s = reading();
    s.gtid('u:1', { commitTime: 1_500 });
    s.query('BEGIN');
    s.rows();
    s.xid();
    s.gtid('u:2');
    s.query('BEGIN');
    s.rows();
    s.query('COMMIT');
    expect(s.taken()).toEqual([
      ...['begin u:1 1500 log.000001:100', 'rows', 'commit 150'],
      ...['begin u:2 2000 log.000001:150', 'rows', 'commit 200'],
    ]);
  });

  it('commits a statement that stands alone with itself, whatever it is', () => {
    const s = reading();
    for (const sql of ['CREATE TABLE t (a int)', 'FLUSH PRIVILEGES', 'SHAKE IT']) {
      s.gtid('u:1');
      s.query(sql);
    }
    s.query('DROP TABLE t');
    expect(s.taken()).toEqual([
      ...['begin u:1 2000 log.000001:100', 'CREATE TABLE t (a int)', 'commit 120'],
      ...['begin u:1 2000 log.000001:120', 'commit 140'],
      ...['begin u:1 2000 log.000001:140', 'SHAKE IT', 'commit 160'],
      ...['begin null 2000 log.000001:160', 'DROP TABLE t', 'commit 170'],
    ]);
  });

  it.each(['mysql', 'mariadb'] as const)('keeps CREATE TABLE … SELECT and its rows together: %s', (kind) => {
    const s = reading(kind);
    s.gtid('g');
    if (kind === 'mysql') s.query('BEGIN');
    s.query('CREATE TABLE t (a int) START TRANSACTION');
    s.rows();
    s.xid();
    expect(s.taken().slice(1)).toEqual([
      'CREATE TABLE t (a int) START TRANSACTION',
      'rows',
      `commit ${kind === 'mysql' ? 160 : 150}`,
    ]);
  });

  it('reads transactions of MariaDB, which have no BEGIN, and statements that stand alone', () => {
    const s = reading('mariadb');
    s.gtid('0-1-1');
    s.rows();
    s.xid();
    s.gtid('0-1-2', { standalone: true });
    s.query('CREATE TABLE t (a int)');
    s.gtid('0-1-3', { standalone: true, withoutEffect: true });
    s.query('ALTER TABLE t ADD b int');
    s.gtid('0-1-4', { standalone: true });
    s.query('ALTER TABLE t ADD b int');
    expect(s.taken().filter((word) => !word.startsWith('begin'))).toEqual([
      ...['rows', 'commit 140', 'CREATE TABLE t (a int)', 'commit 160', 'commit 180'],
      ...['ALTER TABLE t ADD b int', 'commit 200'],
    ]);
  });

  it('says what was taken back, and refuses it where it is too late', () => {
    const takeBack = (s: ReturnType<typeof reading>, sql: string) => {
      s.gtid('u:1');
      s.query('BEGIN');
      s.query('SAVEPOINT `a`');
      s.rows();
      s.query(sql);
    };
    const s = reading();
    takeBack(s, 'ROLLBACK TO `a`');
    s.xid();
    takeBack(s, 'ROLLBACK');
    const begun = (offset: number) => [`begin u:1 2000 log.000001:${offset}`, 'savepoint a', 'rows'];
    expect(s.taken()).toEqual([...begun(100), 'rollback to a', 'commit 170', ...begun(170), 'rollback 230']);
    for (const sql of ['ROLLBACK TO `a`', 'ROLLBACK'])
      expect(() => takeBack(reading('mysql', true), sql)).toThrow(takenBack);
  });

  it('reads both phases of XA, and one', () => {
    const s = reading();
    s.gtid('u:1');
    s.query("XA START X'61',X'',1");
    s.rows();
    s.query("XA END X'61',X'',1");
    s.push({ kind: 'xa-prepare', xid: 'one', onePhase: false });
    s.gtid('u:2');
    s.query("XA START X'62',X'',1");
    s.rows();
    s.push({ kind: 'xa-prepare', xid: 'two', onePhase: true });
    for (const end of ['COMMIT', 'ROLLBACK']) {
      s.gtid('u:3');
      s.query(`XA ${end} X'61',X'',1`);
    }
    expect(s.taken()).toEqual([
      ...['begin u:1 2000 log.000001:100', 'hold', 'rows', 'prepare one 160'],
      ...['begin u:2 2000 log.000001:160', 'hold', 'rows', 'commit 210'],
      ...['begin u:3 2000 log.000001:210', expect.stringMatching(/^commit .*61/), 'commit 230'],
      ...['begin u:3 2000 log.000001:230', expect.stringMatching(/^rollback .*61/), 'commit 250'],
    ]);
  });

  it('holds what MariaDB only prepares', () => {
    const s = reading('mariadb');
    s.gtid('0-1-1', { prepared: true });
    s.rows();
    s.query("XA PREPARE X'61',X'',1");
    expect(s.taken().slice(1)).toEqual(['hold', 'rows', expect.stringMatching(/^prepare .*61.* 140$/)]);
  });

  it('follows the files, and forgets the tables of the one before', () => {
    const s = reading();
    s.push({ kind: 'table-map', map: numbers });
    s.push({ kind: 'rotate', file: 'log.000002', offset: 4 });
    s.push({ kind: 'rotate', file: 'log.000002', offset: 4, place: null });
    s.push({ kind: 'format-description', created: 0, place: null });
    s.gtid('u:1');
    s.query('BEGIN');
    expect(() => s.push(inserts(1))).toThrow(/not described/);
    expect(s.taken()).toEqual(['begin u:1 2000 log.000002:4']);
  });

  it('takes the format of this connection inside a transaction, not that of a file: its end was lost', () => {
    const s = reading();
    s.gtid('u:1');
    s.query('BEGIN');
    s.push({ kind: 'format-description', created: 0, place: null });
    expect(() => s.push({ kind: 'format-description', created: 0 })).toThrow(outOfOrder);
  });

  it('leaves out what MariaDB was writing when it crashed: the next file says that the server was started', () => {
    const cutOff = (s: ReturnType<typeof reading>, created: number) => {
      s.gtid('0-1-1');
      s.rows();
      s.push({ kind: 'rotate', file: 'log.000002', offset: 4, place: null });
      s.push({ kind: 'format-description', created, place: { file: 'log.000002', offset: 256 } });
    };
    const s = reading('mariadb');
    cutOff(s, 5);
    s.gtid('0-1-1', { place: { file: 'log.000002', offset: 300 } });
    s.rows();
    s.xid();
    expect(s.taken()).toEqual([
      ...['begin 0-1-1 2000 log.000001:100', 'rows', 'cut off 256'],
      ...['begin 0-1-1 2000 log.000002:256', 'rows', 'commit 190'],
    ]);
    expect(() => cutOff(reading('mariadb', true), 5)).toThrow(tooLate);
    for (const other of [
      () => cutOff(reading('mariadb'), 0),
      () => cutOff(reading('mysql'), 5),
      () => {
        const before = reading('mariadb');
        before.gtid('0-1-1', { standalone: true });
        before.gtid('0-1-2');
      },
    ])
      expect(other).toThrow(outOfOrder);
  });

  it('ends a compressed transaction where its last event says', () => {
    const s = reading();
    s.gtid('u:1');
    s.query('BEGIN', { place: null });
    s.rows({ place: null });
    s.push({ kind: 'xid' });
    s.gtid('u:2');
    expect(s.taken()).toEqual(['begin u:1 2000 log.000001:100', 'rows', 'commit 150', 'begin u:2 2000 log.000001:150']);
  });

  it('says how far an idle log is, outside of transactions only', () => {
    const s = reading();
    const heartbeat = (offset: number) =>
      s.push({ kind: 'heartbeat', place: null, at: { file: 'log.000001', offset } });
    heartbeat(500);
    s.gtid('u:1');
    heartbeat(600);
    s.query('BEGIN');
    heartbeat(700);
    expect(s.taken().filter((word) => word.startsWith('idle'))).toEqual(['idle 500']);
  });

  it('refuses events that do not follow each other', () => {
    const wrong: readonly ((s: ReturnType<typeof reading>) => void)[] = [
      (s) => s.xid(),
      (s) => s.rows(),
      (s) => s.push({ kind: 'xa-prepare', xid: 'x', onePhase: false }),
      (s) => [s.gtid('u:1'), s.gtid('u:2')],
      (s) => [s.gtid('u:1'), s.query('BEGIN'), s.push(inserts(1))],
    ];
    for (const events of wrong) expect(() => events(reading())).toThrow(outOfOrder);
  });
});

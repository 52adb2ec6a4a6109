import { expect, it } from 'vitest';
import { decodeLog, inOneLine } from './decode-log.test-support.ts';
import { goldenLogs } from './golden-logs.test-support.ts';

const uuid = '027f2a64-e95d-11f1-839c-02fc00000001';
const z = '147a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a';
const table = "create table t (id bigint unsigned primary key, e enum('a','b'), b varchar(20) character set latin1)";

it('a log of MySQL', () => {
  expect(decodeLog(goldenLogs.mysql).map(inOneLine)).toStrictEqual([
    'format-description 9.7.4-2',
    `previous-gtids ${uuid}:1-64:some_tag:1-2`,
    `gtid ${uuid}:65`,
    `query g: ${table}`,
    `gtid ${uuid}:66`,
    'query g: BEGIN',
    'table-map g.t id,e,b',
    'insert 00010000000000000001036f6e65',
    'xid',
    `gtid ${uuid}:67`,
    'query g: BEGIN',
    'table-map g.t id,e,b',
    'update 00010000000000000001036f6e6500010000000000000002036f6e65',
    'xid',
    `gtid ${uuid}:a_tag:1`,
    'query g: BEGIN',
    'table-map g.t id,e,b',
    'delete 00010000000000000002036f6e65',
    'xid',
    `gtid ${uuid}:68`,
    'query g: BEGIN',
    'table-map g.t id,e,b',
    `insert ${[2, 3, 4, 5].map((id) => `000${id}0000000000000001${z}`).join('')}`,
    'xid',
    `gtid ${uuid}:69`,
    "query g: XA START X'78',X'',1",
    'table-map g.t id,e,b',
    'insert 0009000000000000000100',
    "query g: XA END X'78',X'',1",
    "xa-prepare X'78',X'',1 one phase",
    'rotate bin.000005:4',
  ]);
});

it('a log of MariaDB', () => {
  expect(decodeLog(goldenLogs.mariadb).map(inOneLine)).toStrictEqual([
    'format-description 11.8.9-MariaDB-0+deb13u1 from Debian-log',
    'previous-gtids 0-33872-62',
    'ignored 161',
    'ignored 161',
    'gtid 0-33872-63 standalone',
    `query g: ${table}`,
    'gtid 0-33872-64',
    'ignored 160',
    'table-map g.t id,e,b',
    'insert f8010000000000000001036f6e65',
    'xid',
    'gtid 0-33872-65',
    'ignored 160',
    'table-map g.t id,e,b',
    'update f8010000000000000001036f6e65f8010000000000000002036f6e65',
    'xid',
    'gtid 0-33872-66',
    'ignored 160',
    'table-map g.t id,e,b',
    `insert f8020000000000000001${z}`,
    "query g: XA END X'78',X'',1",
    "xa-prepare X'78',X'',1",
    'gtid 0-33872-67 standalone',
    "query g: XA COMMIT X'78',X'',1",
    'rotate bin.000005:4',
  ]);
});

it('what a log says beside that', () => {
  const events = decodeLog(goldenLogs.mysql);
  expect(events[2]).toStrictEqual({
    timestamp: 1795673242,
    place: { file: 'bin.000004', offset: 327 },
    kind: 'gtid',
    gtid: `${uuid}:65`,
    commitTime: 1795673242330,
    standalone: false,
    withoutEffect: false,
    prepared: false,
  });
  expect(events[3]).toStrictEqual({
    timestamp: 1795673242,
    place: { file: 'bin.000004', offset: 509 },
    kind: 'query',
    schema: 'g',
    sql: table,
    sqlMode: 1168113704n,
    ansiQuotes: false,
    serverCollation: 255,
    databaseCollation: null,
    utf8mb4Collation: 255,
    explicitDefaults: null,
  });
  expect(events[6]).toMatchObject({
    map: {
      schema: 'g',
      table: 't',
      columns: [
        { type: 8, metadata: 0, nullable: false, unsigned: true, name: 'id', visible: true },
        {
          type: 247,
          metadata: 1,
          nullable: true,
          collation: 255,
          values: [Buffer.from('a'), Buffer.from('b')],
          name: 'e',
        },
        { type: 15, metadata: 20, nullable: true, collation: 8, name: 'b', visible: true },
      ],
      primaryKey: [0],
    },
  });
  expect(events[14]).toMatchObject({ gtid: `${uuid}:a_tag:1`, commitTime: 1795673242333 });
});

it('of a compressed transaction only the last event has a place, its own', () => {
  const events = decodeLog(goldenLogs.mysql).slice(20, 24);
  expect(events.map(({ place }) => place)).toStrictEqual([null, null, null, { file: 'bin.000004', offset: 1760 }]);
});

it('the same map of a table is the same object', () => {
  const maps = decodeLog(goldenLogs.mysql).flatMap((event) => (event.kind === 'table-map' ? [event.map] : []));
  expect(new Set(maps).size).toBe(1);
});

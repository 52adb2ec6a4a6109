import { expect, it } from 'vitest';
import { eventBounds } from '../binlog/decode-log.test-support.ts';
import { encodeFormat, encodeRotate } from '../binlog/event-encoder.test-support.ts';
import { goldenLogs } from '../binlog/golden-logs.test-support.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';
import type { SchemaScope } from '../schema/model/schema-draft.ts';
import { CutOffTransactions } from '../transactions/cut-off-transactions.ts';
import { brief } from '../transactions/logged-batches.test-support.ts';
import { LogDecoder } from './log-decoder.ts';
import { LoggedMetadata } from './logged-metadata.ts';
import { TableFormats } from './table-formats.ts';

const settings: SchemaScope['settings'] = {
  flavor: 'mariadb',
  version: 110809,
  lowerCaseTableNames: 0,
  explicitDefaultsForTimestamp: true,
  defaultCollation: 'utf8mb4_uca1400_ai_ci',
  utf8: 'utf8mb3',
  charsets: {},
};
const scope = { settings, followed: ['*'], captured: () => true };

const log = goldenLogs.mariadb;
const events = eventBounds(log).map(({ start, end }) => log.subarray(start, end));
/** Of a table and its first row, without the statement that it comes from. */
const head = events.slice(0, 6);
const [gtid, map, insert, xid] = [6, 8, 9, 10].map((index) => events[index] ?? Buffer.alloc(0)) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];
const version = '11.8.9-MariaDB';
const length = encodeFormat(version).length;
/** The next file of the log. */
const nextFile = (created: number) => [
  encodeRotate('bin.000005', 4n),
  encodeFormat(version, 4 + length, true, created),
];

/** What is read of these events; the place of a transaction's end is that of its last event. */
const read = (pushed: readonly Buffer[], cutOff = new CutOffTransactions(), server = 'one') => {
  const decoder = new LogDecoder({
    kind: 'mariadb',
    server,
    cutOff,
    place: { file: 'bin.000004', offset: 4 },
    position: BinlogPosition.parse('0-33872-62@bin.000004:4'),
    tables: new LoggedMetadata(scope, new TableFormats('error')),
    limits: { maxChanges: 1, maxBytes: 1_000_000 },
    maxPreparedBytes: 1_000,
  });
  const batches = [];
  let failure: unknown = null;
  try {
    for (const event of pushed) decoder.push(event);
  } catch (error) {
    failure = error;
  }
  decoder.flush();
  for (let batch = decoder.take(); batch !== null; batch = decoder.take()) batches.push(brief(batch));
  return { batches, failure, readSoFar: decoder.readSoFar };
};

const again = [gtid, map, insert, xid];
const afterwards = ['1.0', '0-33872-64@bin.000005:863'];

it('a transaction that a crash has cut off is left out, and its GTID comes again', () => {
  const { batches, failure, readSoFar } = read([...head, gtid, map, insert, ...nextFile(1), ...again]);
  expect(failure).toBeNull();
  expect(batches).toEqual([afterwards]);
  expect(readSoFar).toMatchObject({ gtids: '0-33872-64', place: { file: 'bin.000005', offset: 863 } });
});

it('one that has no end, and no crash behind it, ends reading', () => {
  const { batches, failure } = read([...head, gtid, map, insert, ...nextFile(0), ...again]);
  expect(failure).toMatchObject({ code: 'LOG_OUT_OF_ORDER', details: { file: 'bin.000004' } });
  expect(batches).toEqual([['', '0-33872-63@bin.000004:602']]);
});

it('one of which a part is out is left out when the log of the same server is read again', () => {
  const cutOff = new CutOffTransactions();
  const pushed = [...head, gtid, map, insert, insert, insert, ...nextFile(1), ...again];
  const first = read(pushed, cutOff);
  expect(first.failure).toMatchObject({ code: 'TRANSACTION_CUT_OFF', recovery: 'retry' });
  expect(first.batches).toEqual([
    ['', '0-33872-63@bin.000004:602'],
    ['1.0', null],
    ['1.1', null],
  ]);
  const second = read(pushed, cutOff);
  expect(second.failure).toBeNull();
  expect(second.batches).toEqual([afterwards]);
  expect(read(pushed, cutOff, 'another').failure).toMatchObject({ code: 'TRANSACTION_CUT_OFF' });
  // Nothing is left out that has an end after all.
  expect(read([...head, ...again], cutOff).failure).toMatchObject({ code: 'LOG_OUT_OF_ORDER' });
});

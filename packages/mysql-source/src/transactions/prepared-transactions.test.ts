import { expect, test } from 'vitest';
import { inserts, numbersFormat } from './logged-batches.test-support.ts';
import { ownRows } from './own-rows.ts';
import { PreparedTransactions } from './prepared-transactions.ts';

const rows = [{ event: inserts(1, 2), format: numbersFormat }];

test('prepared transactions are given back once, with their GTID', () => {
  const prepared = new PreparedTransactions(100);
  prepared.hold('a', 'u:1', rows, 10);
  expect(prepared.take('b')).toBeUndefined();
  expect(prepared.take('a')).toMatchObject({ gtid: 'u:1', rows });
  expect(prepared.take('a')).toBeUndefined();
});

test('prepared transactions take no more memory than is allowed, and free what they took', () => {
  const prepared = new PreparedTransactions(100);
  for (let time = 0; time < 5; time++) {
    prepared.hold('a', null, rows, 50);
    prepared.hold('b', null, rows, 50);
    expect(() => prepared.requireRoom(1)).toThrow(
      expect.objectContaining({ code: 'XA_NOT_FOLLOWED', message: expect.stringContaining('100 bytes') }),
    );
    prepared.take('a');
    prepared.take('b');
  }
  prepared.requireRoom(100);
});

test('rows do not keep the memory that they were read into', () => {
  const read = Buffer.alloc(100_000);
  const event = inserts(1, 2);
  event.body.copy(read, 50_000);
  const own = ownRows({ ...event, after: read.subarray(0, 1), body: read, start: 50_000, end: 50_010 });
  expect(own.after?.buffer).not.toBe(read.buffer);
  expect(own.body.buffer).not.toBe(read.buffer);
  expect(own.body.subarray(own.start, own.end)).toEqual(event.body);
  expect(own.body.length).toBe(10);
  read.fill(255);
  expect(own.body.subarray(own.start, own.end)).toEqual(event.body);
});

test('rows that are most of their memory stay where they are', () => {
  const event = { ...inserts(1), body: Buffer.alloc(100_000), start: 500, end: 100_000 };
  expect(ownRows(event)).toBe(event);
});

import { expect, it } from 'vitest';
import { MysqlPackets } from './mysql-packets.ts';

const packet = (sequence: number, ...payload: readonly (number | string)[]): Buffer => {
  const bytes = Buffer.concat(payload.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))));
  return Buffer.concat([Buffer.of(bytes.length, 0, 0, sequence), bytes]);
};

const ok = (status: number, ...affected: readonly number[]) =>
  packet(1, 0, ...(affected.length === 0 ? [0] : affected), 0, status, 0, 0, 0);
const end = (status: number) => packet(5, 0xfe, 0, 0, status, 0);

it('finds the end of an answer behind every kind of result', () => {
  const packets = new MysqlPackets();
  const login = packet(1, 'whatever comes first');
  expect([packets.statement(login), packets.endsAnswer(ok(2))]).toEqual([undefined, false]);
  expect(packets.statement(packet(0, 3, 'BEGIN; SELECT 1; COMMIT'))).toBe('BEGIN; SELECT 1; COMMIT');
  const answers = [ok(8, 0xfc, 1, 2), packet(2, 1), packet(3, 'column'), end(8), packet(4, 1, '1'), end(8), ok(0)];
  expect(answers.map((answer) => packets.endsAnswer(answer))).toEqual([...Array(6).fill(false), true]);
  expect(packets.endsAnswer(ok(0))).toBe(false);
  packets.statement(packet(0, 3, 'LOAD DATA LOCAL'));
  expect([packet(1, 0xfb, 'file'), ok(0)].map((answer) => packets.endsAnswer(answer))).toEqual([false, true]);
  packets.statement(packet(0, 3, 'SELEC'));
  expect(packets.endsAnswer(packet(1, 0xff, 'error'))).toBe(true);
});

it('knows what is no statement, and who goes on encrypted', () => {
  const packets = new MysqlPackets();
  const asks = Buffer.concat([packet(1), Buffer.alloc(32)]);
  expect(packets.asksForEncryption(asks)).toBe(false);
  asks.writeUInt32LE(0x0800, 4);
  expect(packets.asksForEncryption(asks)).toBe(true);
  expect(packets.statement(packet(0, 1))).toBeUndefined();
  expect(packets.statement(packet(2, 3, 'data of a file'))).toBeUndefined();
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AnswerReader, UnexpectedPacket } from './answer-reader.ts';
import { rowTexts } from './row-texts.ts';
import type { Completion } from './server-packet.ts';

const encodedLength = (length: number): Buffer => {
  if (length < 0xfb) return Buffer.of(length);
  const bytes = Buffer.alloc(length < 0x1_0000 ? 3 : 4);
  bytes[0] = length < 0x1_0000 ? 0xfc : 0xfd;
  bytes.writeUIntLE(length, 1, bytes.length - 1);
  return bytes;
};
const encodedNumber = (value: number): Buffer => {
  if (value <= 0xff_ffff) return encodedLength(value);
  const bytes = Buffer.alloc(9, 0xfe);
  bytes.writeBigUInt64LE(BigInt(value), 1);
  return bytes;
};
const text = (value: string | null): Buffer =>
  value === null ? Buffer.of(0xfb) : Buffer.concat([encodedLength(Buffer.byteLength(value)), Buffer.from(value)]);

const definition = (name: string) => Buffer.concat([...['def', 's', 't', 't', name, name].map(text), Buffer.alloc(13)]);
const end = (hasMore: boolean) => Buffer.of(0xfe, 0, 0, hasMore ? 8 : 0, 0);
const ok = (hasMore: boolean) => Buffer.of(0, 0, 0, hasMore ? 8 : 0, 0, 0, 0);

type Result = { readonly names: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] } | null;

const packetsOf = (results: readonly Result[]): readonly Buffer[] =>
  results.flatMap((result, index) => {
    const hasMore = index < results.length - 1;
    if (result === null) return [ok(hasMore)];
    const columns = [encodedLength(result.names.length), ...result.names.map(definition), end(false)];
    return [...columns, ...result.rows.map((row) => Buffer.concat(row.map(text))), end(hasMore)];
  });

const read = (packets: readonly Buffer[]) => {
  const found: { names: readonly string[]; rows: (string | null)[][] }[] = [];
  const ended: Completion[] = [];
  const files: number[] = [];
  const reader = new AnswerReader({
    columns: (names) => found.push({ names: [...names], rows: [] }),
    row: (bytes, start, stop) => {
      const result = found.at(-1);
      result?.rows.push(rowTexts(bytes, start, stop, result.names.length));
    },
    file: () => files.push(ended.length),
    end: (completion) => ended.push(completion),
  });
  const answers = packets.map((packet) => {
    // A packet lies anywhere in what a socket delivers.
    const chunk = Buffer.concat([Buffer.from('xx'), packet, Buffer.from('yy')]);
    return reader.push(chunk, 2, 2 + packet.length);
  });
  return { found, ended, files, completed: reader.completed, answers };
};

const resultArbitrary = fc.integer({ min: 1, max: 4 }).chain((columns) => {
  const value = fc.option(fc.oneof(fc.string(), fc.constant('x'.repeat(300)), fc.constant('y'.repeat(70_000))), {
    nil: null,
  });
  const row = fc.array(value, { minLength: columns, maxLength: columns });
  const name = fc.string({ minLength: 1, maxLength: 20 });
  return fc.record({
    names: fc.array(name, { minLength: columns, maxLength: columns }),
    rows: fc.array(row, { maxLength: 4 }),
  });
});

it('reads the results of statements that were sent together', () => {
  const results = fc.array(fc.option(resultArbitrary, { nil: null }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(results, (given) => {
      const { found, ended, completed, answers } = read(packetsOf(given));
      expect(found).toEqual(given.filter((result) => result !== null));
      expect(ended).toHaveLength(given.length);
      expect(completed).toBe(given.length);
      expect(answers.indexOf(true)).toBe(answers.length - 1);
    }),
    { numRuns: 200 },
  );
});

it('says what the server refuses with, wherever it does', () => {
  const refusal = Buffer.concat([Buffer.of(0xff, 0x7a, 0x04), Buffer.from('#42S02no table')]);
  const begun = packetsOf([{ names: ['a'], rows: [['1'], ['2']] }]);
  for (const count of [0, 1, 2, 3, 4])
    expect(read([...begun.slice(0, count), refusal]).answers.at(-1)).toEqual({
      errno: 1146,
      sqlstate: '42S02',
      message: 'no table',
    });
});

it('takes nothing that is no answer', () => {
  for (const packets of [[Buffer.alloc(0)], [Buffer.of(1), definition('a'), definition('b')]])
    expect(() => read(packets)).toThrow(UnexpectedPacket);
});

it.each([0, 1, 250, 251, 65_535, 65_536, 0xff_ffff, 0x100_0000, 2 ** 40])('reads what became of %i rows', (rows) => {
  const info = 'Records: 3  Deleted: 0  Skipped: 0  Warnings: 2';
  const status = Buffer.of(0, 0, 2, 0);
  const packet = Buffer.concat([Buffer.of(0), encodedNumber(rows), encodedNumber(70_000), status, text(info)]);
  expect(read([packet]).ended).toEqual([{ affectedRows: rows, warnings: 2, info }]);
  const bare = packet.subarray(0, packet.length - text(info).length);
  expect(read([bare]).ended).toEqual([{ affectedRows: rows, warnings: 2, info: '' }]);
});

it('reads the warnings of a statement with rows', () => {
  const [count, column] = packetsOf([{ names: ['a'], rows: [] }]);
  const last = Buffer.of(0xfe, 3, 0, 0, 0);
  const packets = [count, column, end(false), last].filter((packet) => packet !== undefined);
  expect(read(packets).ended).toEqual([{ affectedRows: 0, warnings: 3, info: '' }]);
});

it('says when the server waits for data, which is no result', () => {
  const { files, ended, answers } = read([ok(true), Buffer.from([0xfb, 0x78]), ok(false)]);
  expect(files).toEqual([1]);
  expect(ended).toHaveLength(2);
  expect(answers).toEqual([false, false, true]);
});

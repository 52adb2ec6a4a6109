import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AnswerReader, UnexpectedPacket } from './answer-reader.ts';
import { rowTexts } from './row-texts.ts';

const encodedLength = (length: number): Buffer => {
  if (length < 0xfb) return Buffer.of(length);
  const bytes = Buffer.alloc(length < 0x1_0000 ? 3 : 4);
  bytes[0] = length < 0x1_0000 ? 0xfc : 0xfd;
  bytes.writeUIntLE(length, 1, bytes.length - 1);
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
  const ended: number[] = [];
  const reader = new AnswerReader({
    columns: (names) => found.push({ names: [...names], rows: [] }),
    row: (bytes, start, stop) => {
      const result = found.at(-1);
      result?.rows.push(rowTexts(bytes, start, stop, result.names.length));
    },
    end: (number) => ended.push(number),
  });
  const answers = packets.map((packet) => {
    // A packet lies anywhere in what a socket delivers.
    const chunk = Buffer.concat([Buffer.from('xx'), packet, Buffer.from('yy')]);
    return reader.push(chunk, 2, 2 + packet.length);
  });
  return { found, ended, answers };
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
      const { found, ended, answers } = read(packetsOf(given));
      expect(found).toEqual(given.filter((result) => result !== null));
      expect(ended).toEqual(given.map((_, number) => number));
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
  for (const packets of [[Buffer.alloc(0)], [Buffer.of(0xfb)], [Buffer.of(1), definition('a'), definition('b')]])
    expect(() => read(packets)).toThrow(UnexpectedPacket);
});

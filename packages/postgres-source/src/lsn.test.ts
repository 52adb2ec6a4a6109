import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareLsn, formatLsn, parseLsn, readLsn } from './lsn.ts';

const lsn = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });

describe('lsn', () => {
  it('reads and writes what the server prints', () => {
    expect(parseLsn('16/B374D848')).toBe(0x16b374d848n);
    expect(formatLsn(0x16b374d848n)).toBe('16/B374D848');
    expect(formatLsn(0n)).toBe('0/0');
    expect(formatLsn(0x1_0000_000an)).toBe('1/A');
  });

  it('accepts lower case and leading zeros', () => {
    expect(parseLsn('00000016/b374d848')).toBe(0x16b374d848n);
  });

  it.each(['', '/', '1', '1/', '/1', '1/123456789', 'x/1', '1/1 ', '-1/1', '1/1/1', '0x1/2', 'mysql-bin.000001:4'])(
    'rejects %j',
    (text) => {
      expect(() => parseLsn(text)).toThrow(expect.objectContaining({ code: 'POSITION_INVALID' }));
      expect(() => compareLsn('0/0', text)).toThrow(expect.objectContaining({ code: 'POSITION_INVALID' }));
    },
  );

  it('quotes no more than the beginning of a malformed text', () => {
    expect(() => parseLsn('z'.repeat(1000))).toThrow(/^.{0,80}$/);
  });

  it.each([-1n, 1n << 64n])('does not format %s', (value) => {
    expect(() => formatLsn(value)).toThrow(expect.objectContaining({ code: 'POSITION_INVALID' }));
  });

  it('comes back unchanged from text and bytes', () => {
    fc.assert(
      fc.property(lsn, (value) => {
        expect(parseLsn(formatLsn(value))).toBe(value);
        const buffer = Buffer.alloc(11);
        buffer.writeBigUInt64BE(value, 3);
        expect(readLsn(buffer, 3)).toBe(value);
      }),
    );
  });

  it('orders text as the numbers behind it', () => {
    fc.assert(
      fc.property(lsn, lsn, (a, b) => {
        const expected = a < b ? -1 : a > b ? 1 : 0;
        expect(compareLsn(formatLsn(a), formatLsn(b))).toBe(expected);
      }),
    );
    expect(compareLsn('F/0', '10/0')).toBe(-1);
    expect(compareLsn('0/ff', '0/0FF')).toBe(0);
  });
});

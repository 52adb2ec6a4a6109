import { describe, expect, it } from 'vitest';
import { fullXid, hasEnded, notYetVisible, parseSnapshot } from './transaction-snapshot.ts';

describe('a snapshot', () => {
  it('is read from its text', () => {
    expect(parseSnapshot('10:20:11,15')).toEqual({ xmax: 20n, running: new Set([11n, 15n]) });
    expect(parseSnapshot('18446744073709551000:18446744073709551001:').xmax).toBe(18_446_744_073_709_551_001n);
    for (const text of ['', '1:2', '1:2:,', '1:2:3,', 'a:b:']) expect(() => parseSnapshot(text)).toThrow(TypeError);
  });

  it('sees what has ended, and nothing that began later', () => {
    const snapshot = parseSnapshot('10:20:11,15');
    expect([9n, 10n, 11n, 15n, 19n, 20n, 21n].filter((xid) => hasEnded(xid, snapshot))).toEqual([9n, 10n, 19n]);
  });

  it('waits for what an earlier one sees and it does not, and for nothing else', () => {
    const exported = parseSnapshot('10:20:11,15');
    expect(notYetVisible(exported, parseSnapshot('10:25:11,15,21,22'))).toEqual([]);
    expect(notYetVisible(exported, parseSnapshot('10:25:11,12,15'))).toEqual([12n]);
    // The youngest ones are in no list as long as nothing younger has ended.
    expect(notYetVisible(exported, parseSnapshot('11:17:11'))).toEqual([17n, 18n, 19n]);
    expect(notYetVisible(exported, parseSnapshot('11:14:'))).toEqual([14n, 16n, 17n, 18n, 19n]);
  });

  it('tells which id the log means by its lower half', () => {
    const at = (xmax: bigint) => ({ xmax, running: new Set<bigint>() });
    expect(fullXid(700, at(1_000n))).toBe(700n);
    expect(fullXid(1_003, at(1_000n))).toBe(1_003n);
    const epoch = 1n << 32n;
    expect(fullXid(700, at(5n * epoch + 1_000n))).toBe(5n * epoch + 700n);
    expect(fullXid(0xffff_fff0, at(5n * epoch + 10n))).toBe(5n * epoch - 16n);
    expect(fullXid(10, at(5n * epoch - 16n))).toBe(5n * epoch + 10n);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinlogPosition, comparePositions } from './binlog-position.ts';

const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const incomparable = expect.objectContaining({ code: 'POSITION_INCOMPARABLE' });

describe('text', () => {
  it.each([
    'bin.000001:4',
    'host-bin.000001:18446744073709',
    'a@b:c.000001:4',
    `${uuid}:1-5@bin.000001:4`,
    `${uuid}:1-5:tag:3`,
    `${uuid}:1-5:7+${uuid}:6@bin.000001:4`,
    `+${uuid}:1@bin.000001:4`,
    '0-1-5,1-1-7@bin.000001:4',
    '0-1-5',
    '@bin.000001:4',
  ])('%s', (text) => {
    const position = BinlogPosition.parse(text);
    expect(position.toString()).toBe(text);
    expect(position.copy().toString()).toBe(text);
  });

  it.each([
    '',
    'x',
    'bin.000001',
    'bin.000001:',
    ':4',
    'bin.000001:-1',
    `${uuid}@bin.1:4`,
    `${uuid}:1@bin.1`,
    `${uuid}:1+x@bin.1:4`,
    '16/B374D848',
  ])('not %s', (text) => {
    expect(() => BinlogPosition.parse(text)).toThrowError(expect.objectContaining({ code: 'BINLOG_POSITION_INVALID' }));
  });
});

describe('order', () => {
  it.each([
    ['bin.000001:4', 'bin.000001:5'],
    ['bin.000001:999', 'bin.000002:4'],
    ['bin.999999:4', 'bin.1000000:4'],
    [`${uuid}:1-5@bin.9:9`, `${uuid}:1-6@bin.1:4`],
    ['0-1-5@bin.9:9', '0-1-6@bin.1:4'],
    ['@bin.9:9', `${uuid}:1@bin.1:4`],
    ['@bin.9:9', '0-1-1@bin.1:4'],
  ])('%s before %s', (a, b) => {
    expect([comparePositions(a, b), comparePositions(b, a)]).toStrictEqual([-1, 1]);
  });

  it.each([
    ['bin.000001:4', 'bin.000001:4'],
    [`${uuid}:1-5@bin.9:9`, `${uuid}:1-3:4-5`],
    ['0-1-5,1-1-1@bin.9:9', '1-1-1,0-1-5@bin.1:4'],
    ['@bin.9:9', '@bin.1:4'],
  ])('%s is %s', (a, b) => {
    expect(comparePositions(a, b)).toBe(0);
  });

  it.each([
    ['bin.000001:4', 'other.000001:4'],
    ['bin.000001:4', `${uuid}:1-5@bin.000001:4`],
    ['0-1-5@bin.000001:4', `${uuid}:1-5@bin.000001:4`],
    [`${uuid}:1-5:7`, `${uuid}:1-6`],
    ['0-1-5,1-1-1', '0-1-6'],
  ])('%s and %s have none', (a, b) => {
    expect(() => comparePositions(a, b)).toThrowError(incomparable);
    expect(() => comparePositions(b, a)).toThrowError(incomparable);
  });

  it('along one log is total and forward, in whatever order its numbers come', () => {
    const gtids = fc.shuffledSubarray(Array.from({ length: 12 }, (_, index) => `${uuid}:${index + 1}`));
    fc.assert(
      fc.property(gtids, fc.boolean(), (log, hasGtids) => {
        const position = BinlogPosition.of(hasGtids ? '' : null, { file: 'bin.1', offset: 4 });
        const positions = [position.toString()];
        for (const gtid of log) {
          position.pass(hasGtids ? gtid : null, { file: 'bin.1', offset: 4 + positions.length });
          positions.push(position.toString());
        }
        positions.forEach((a, i) => {
          positions.forEach((b, j) => {
            expect(comparePositions(a, b)).toBe(Math.sign(i - j));
          });
        });
      }),
    );
  });
});

describe('passing transactions', () => {
  it('of MySQL', () => {
    const position = BinlogPosition.parse(`${uuid}:1-5@bin.1:4`);
    position.pass(`${uuid}:7`, { file: 'bin.1', offset: 100 });
    expect(position.toString()).toBe(`${uuid}:1-5:7@bin.1:100`);
    position.pass(`${uuid}:6`, { file: 'bin.2', offset: 200 });
    expect(position.toString()).toBe(`${uuid}:1-7@bin.2:200`);
    position.reach({ file: 'bin.2', offset: 300 });
    expect(position.toString()).toBe(`${uuid}:1-7@bin.2:300`);
    expect([position.has(`${uuid}:7`), position.has(`${uuid}:8`)]).toStrictEqual([true, false]);
  });

  it('of MySQL that are left out: servers have executed them', () => {
    const position = BinlogPosition.parse(`${uuid}:1-5@bin.1:4`);
    position.leaveOut(`${uuid}:6`, { file: 'bin.1', offset: 100 });
    expect(position.toString()).toBe(`${uuid}:1-5+${uuid}:6@bin.1:100`);
    position.pass(`${uuid}:7`, { file: 'bin.1', offset: 200 });
    expect(position.copy().toString()).toBe(`${uuid}:1-5:7+${uuid}:6@bin.1:200`);
    expect([position.gtids, position.has(`${uuid}:6`)]).toStrictEqual([`${uuid}:1-5:7`, false]);
    const orders = [5, 6, 7, 8].map((last) => comparePositions(position.toString(), `${uuid}:1-${last}`));
    expect(orders).toStrictEqual([1, 1, 0, -1]);
    // Read again, and ended.
    const again = BinlogPosition.parse(position.toString());
    again.leaveOut(`${uuid}:6`, { file: 'bin.1', offset: 100 });
    again.pass(`${uuid}:8`, { file: 'bin.1', offset: 300 });
    again.pass(`${uuid}:6`, { file: 'bin.1', offset: 300 });
    expect(again.toString()).toBe(`${uuid}:1-8@bin.1:300`);
  });

  it('of MariaDB, from the very first', () => {
    const position = BinlogPosition.of('', { file: 'bin.1', offset: 4 });
    expect(position.has('0-1-1')).toBe(false);
    position.pass('0-1-1', { file: 'bin.1', offset: 100 });
    expect(position.toString()).toBe('0-1-1@bin.1:100');
    expect(position.gtids).toBe('0-1-1');
  });

  it('without GTIDs only the place counts', () => {
    const position = BinlogPosition.parse('bin.1:4');
    position.pass('0-1-1', { file: 'bin.1', offset: 100 });
    expect(position.toString()).toBe('bin.1:100');
    expect(() => position.has('0-1-1')).toThrowError(incomparable);
  });

  it('one without a GTID among those with is no position', () => {
    const position = BinlogPosition.parse(`${uuid}:1-5@bin.1:4`);
    expect(() => position.pass(null, { file: 'bin.1', offset: 100 })).toThrowError(incomparable);
  });
});

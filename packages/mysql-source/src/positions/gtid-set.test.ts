import { GtidSet as ZongjiGtidSet } from '@vlasky/zongji';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GtidSet } from './gtid-set.ts';

const a = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const b = '2c256447-3f0d-431b-9a25-bddf1f1f6ef6';

const sources = [a, b, `${a}:tag_a`, `${a}:tag_b`, `${b}:tag_a`];
/** GTIDs of few numbers, so that they touch and overlap. */
const gtids = fc.array(fc.tuple(fc.constantFrom(...sources), fc.integer({ min: 1, max: 12 })), { maxLength: 40 });
const sets = gtids.map((list) => ({
  list: new Set(list.map(([source, number]) => `${source}:${number}`)),
  set: setOf(list),
}));

const setOf = (list: readonly (readonly [string, number])[]): GtidSet => {
  const set = new GtidSet();
  for (const [source, number] of list) set.add(`${source}:${number}`);
  return set;
};

const isIn = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean => [...some].every((gtid) => all.has(gtid));

describe('text', () => {
  it.each([
    ['', ''],
    [' \n', ''],
    [`${a}:1`, `${a}:1`],
    [`${a.toUpperCase()}:1-3:4:6 ,\n${b}:1-9`, `${b}:1-9,${a}:1-4:6`],
    [`${a}:Tag_A:1:tag_b:2-3`, `${a}:tag_a:1:tag_b:2-3`],
    [`${a}:5,${a}:1-4`, `${a}:1-5`],
    [`${a}:1:tag_a:1,${a}:2`, `${a}:1-2:tag_a:1`],
    [`${a}:1-9223372036854775806`, `${a}:1-9223372036854775806`],
  ])('%s', (text, canonical) => {
    expect(GtidSet.parse(text).toString()).toBe(canonical);
  });

  it.each([
    'x',
    a,
    `${a}:`,
    `${a}:0`,
    `${a}:3-2`,
    `${a}:1-2-3`,
    `${a}:0x10`,
    `${a}:tag`,
    `${a}:1:tag`,
    `${a}:tag:other:1`,
    `${a}:1,`,
    `${a}:9223372036854775807`,
    `${a}:1:ta-g:1`,
  ])('not %s', (text) => {
    expect(() => GtidSet.parse(text)).toThrowError(expect.objectContaining({ code: 'BINLOG_POSITION_INVALID' }));
  });

  it('is what zongji makes of the same GTIDs, in any order', () => {
    fc.assert(
      fc.property(gtids, (list) => {
        const theirs = new ZongjiGtidSet();
        for (const [source, number] of list) theirs.add(`${source}:${number}`);
        const ours = setOf(list).toString();
        expect(ours).toBe(theirs.toString());
        expect(GtidSet.parse(ours).toString()).toBe(ours);
      }),
    );
  });

  it('stays right while the set grows', () => {
    const set = GtidSet.parse(`${a}:1-4:6,${b}:tag:1`);
    const texts = [`${a}:5`, `${b}:tag:2`, `${b}:1`].map((gtid) => {
      set.add(gtid);
      return set.toString();
    });
    expect(texts).toStrictEqual([`${b}:tag:1,${a}:1-6`, `${b}:tag:1-2,${a}:1-6`, `${b}:1:tag:1-2,${a}:1-6`]);
  });
});

describe('what is in it', () => {
  it('is what was added', () => {
    fc.assert(
      fc.property(sets, sets, (x, y) => {
        for (const gtid of y.list) expect(x.set.has(gtid)).toBe(x.list.has(gtid));
        expect(x.set.count).toBe(BigInt(x.list.size));
        expect(x.set.includes(y.set)).toBe(isIn(y.list, x.list));
      }),
    );
  });

  it('less another set', () => {
    fc.assert(
      fc.property(sets, sets, (x, y) => {
        const left = new GtidSet();
        for (const gtid of x.list) if (!y.list.has(gtid)) left.add(gtid);
        expect(x.set.subtract(y.set).toString()).toBe(left.toString());
      }),
    );
  });

  it('is ordered by inclusion', () => {
    fc.assert(
      fc.property(sets, sets, (x, y) => {
        const [isBehind, isAhead] = [isIn(x.list, y.list), isIn(y.list, x.list)];
        if (!isBehind && !isAhead)
          expect(() => x.set.compare(y.set)).toThrowError(expect.objectContaining({ code: 'POSITION_INCOMPARABLE' }));
        else expect(x.set.compare(y.set)).toBe(isBehind ? (isAhead ? 0 : -1) : 1);
      }),
    );
  });

  it('a copy goes its own way', () => {
    const set = GtidSet.parse(`${a}:1-4`);
    const copy = set.copy();
    set.add(`${a}:5`);
    expect([set.toString(), copy.toString()]).toStrictEqual([`${a}:1-5`, `${a}:1-4`]);
  });
});

it('takes 200,000 transactions and the text of each position within the time of a test', () => {
  const set = GtidSet.parse(`${b}:1-77,${a}:1-1000:1002-2000`);
  for (let number = 2_001; number <= 202_000; number++) {
    set.add(`${a}:${number}`);
    set.toString();
  }
  expect(set.toString()).toBe(`${b}:1-77,${a}:1-1000:1002-202000`);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyFold } from '../../../packages/sql-sink/src/apply/key-fold.ts';

/** What a change sends: a value for each column, `null` for one that it leaves out. */
type Sent = readonly (number | null)[];

interface Step {
  readonly kind: 'insert' | 'update' | 'delete';
  readonly key: string;
  /** Columns that an update leaves out. */
  readonly omitted: readonly boolean[];
}

type Rows = Map<string, readonly number[]>;

const keys = ['', '1', '01'];
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('insert', 'update', 'update', 'delete'),
  key: fc.constantFrom(...keys),
  omitted: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
});
const steps = fc.array(step, { maxLength: 30 });

const sentBy = (change: number, { kind, omitted }: Step): Sent =>
  omitted.map((isOmitted, column) => (kind === 'update' && isOmitted ? null : change * 10 + column));

const merge = (sent: Sent, before: readonly number[] | undefined): readonly number[] =>
  sent.map((value, column) => {
    const merged = value ?? before?.[column];
    if (merged === undefined) throw new Error('nobody says what this column is');
    return merged;
  });

const give = (fold: KeyFold, change: number, { kind, key, omitted }: Step): boolean =>
  kind === 'update' ? fold.update(key, change, !omitted.includes(true)) : fold[kind](key, change);

/** The steps that the source would take, with these rows at first. */
const possible = (rows: Rows, taken: readonly Step[]): readonly Step[] => {
  const there = new Set(rows.keys());
  return taken.filter(({ kind, key }) => {
    if (there.has(key) === (kind === 'insert')) return false;
    if (kind === 'insert') there.add(key);
    if (kind === 'delete') there.delete(key);
    return true;
  });
};

const oneByOne = (rows: Rows, taken: readonly Step[]): Rows => {
  const result = new Map(rows);
  for (const [change, one] of taken.entries()) {
    if (one.kind === 'delete') result.delete(one.key);
    else result.set(one.key, merge(sentBy(change, one), result.get(one.key)));
  }
  return result;
};

/** Carries the result out, and makes sure that every change meets what it says it does. */
const carriedOut = (rows: Rows, taken: readonly Step[], fold: KeyFold): Rows => {
  const result = new Map(rows);
  const keyOf = (change: number) => taken[change]?.key ?? 'no such change';
  const rowOf = (change: number, before?: readonly number[]) =>
    (fold.history(change) ?? [change]).reduceRight<readonly number[] | undefined>((row, part) => {
      const one = taken[part];
      if (one?.key !== keyOf(change)) throw new Error('a row was merged with another');
      const sent = sentBy(part, one);
      return row === undefined && sent.every((value) => value !== null) ? sent : merge(sent, row ?? before);
    }, undefined) ?? [];
  const { deleted, vanished, updated, inserted } = fold.result();
  for (const change of deleted) expect(result.delete(keyOf(change))).toBe(true);
  for (const change of vanished) expect(result.has(keyOf(change))).toBe(false);
  for (const change of updated) {
    const before = result.get(keyOf(change));
    expect(before).toBeDefined();
    result.set(keyOf(change), rowOf(change, before));
  }
  for (const change of inserted) {
    expect(result.has(keyOf(change))).toBe(false);
    result.set(keyOf(change), rowOf(change));
  }
  return result;
};

const contents = (fold: KeyFold, changes: number) => ({
  result: fold.result(),
  histories: Array.from({ length: changes }, (_, change) => fold.history(change)),
});

describe('KeyFold', () => {
  it('leaves the rows that its changes leave one by one', () => {
    const row = fc.option(fc.tuple(fc.nat(), fc.nat(), fc.nat()));
    fc.assert(
      fc.property(steps, fc.tuple(row, row, row), (given, first) => {
        const rows: Rows = new Map(first.flatMap((one, at) => (one === null ? [] : [[keys[at] ?? '', one]])));
        const taken = possible(rows, given);
        const fold = new KeyFold();
        for (const [change, one] of taken.entries()) expect(give(fold, change, one)).toBe(true);
        expect(carriedOut(rows, taken, fold)).toEqual(oneByOne(rows, taken));
      }),
    );
  });

  it('touches each key by one delete and one update or insert at most', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const fold = new KeyFold();
        for (const [change, one] of given.entries()) give(fold, change, one);
        const { deleted, vanished, updated, inserted } = fold.result();
        const keysOf = (changes: readonly number[]) => changes.map((change) => given[change]?.key);
        for (const list of [
          [...deleted, ...vanished],
          [...updated, ...inserted],
          [...deleted, ...updated],
        ])
          expect(new Set(keysOf(list)).size).toBe(list.length);
      }),
    );
  });

  it('refuses what does not follow from what came before, and is as it was then', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const fold = new KeyFold();
        const there = new Map<string, boolean>();
        for (const [change, one] of given.entries()) {
          const before = contents(fold, given.length);
          const follows = there.get(one.key) !== (one.kind === 'insert');
          expect(give(fold, change, one)).toBe(follows);
          if (follows) there.set(one.key, one.kind !== 'delete');
          else expect(contents(fold, given.length)).toEqual(before);
        }
      }),
    );
  });

  it('remembers no column of a row that was deleted in between', () => {
    const fold = new KeyFold();
    fold.update('1', 0, false);
    fold.delete('1', 1);
    fold.insert('1', 2);
    fold.update('1', 3, false);
    expect(fold.result()).toEqual({ deleted: [1], vanished: [], updated: [], inserted: [3] });
    expect(fold.history(3)).toEqual([3, 2]);
  });

  it('keeps the order of the first changes', () => {
    const fold = new KeyFold();
    fold.update('b', 0, true);
    fold.update('a', 1, true);
    fold.update('b', 2, true);
    expect(fold.result().updated).toEqual([2, 1]);
  });
});

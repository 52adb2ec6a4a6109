import { describe, expect, it } from 'vitest';
import type { Change } from '../model/change.ts';
import { decodedRow } from '../model/decoded-row.ts';
import { type IndexedChanges, valuePlaces } from '../model/indexed-changes.ts';
import type { Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import { joinIndexed } from './joined-indexed-changes.ts';

const relationOf = (table: string): Relation => ({
  schema: 'public',
  table,
  version: 1,
  columns: [{ name: 'id', native: 'text', type: 'text', nullable: false, generated: false }],
  key: [0],
  identity: 'key',
});

/** Changes that say by all they say which they are: the table is the part, the operation and the row the number. */
const partOf = (part: number, length: number): IndexedChanges => {
  const relation = relationOf(`part_${part}`);
  const at = (index: number): Change => {
    if (index < 0 || index >= length) throw new RangeError(`There is no change ${index} in part ${part}`);
    const row = decodedRow(relation, { id: `${part}.${index}` });
    const isDelete = index % 2 === 1;
    return createChange({
      op: isDelete ? 'delete' : 'insert',
      table: `public.${relation.table}`,
      relation,
      transaction: null,
      sequence: index,
      before: isDelete ? row : null,
      after: isDelete ? null : row,
    });
  };
  return {
    length,
    areWhole: true,
    at,
    operation: (index) => at(index).op,
    relation: (index) => at(index).relation,
    hasBefore: (index) => at(index).image.before !== null,
    place(index, image, places) {
      const text = at(index).image[image]?.text(0);
      if (text === undefined || text === null) return false;
      places.bytes = Buffer.from(text);
      places.starts[0] = 0;
      places.ends[0] = places.bytes.length;
      return true;
    },
    placeEncoded(index, place) {
      const text = at(index).image.after?.text(0);
      if (text === undefined || text === null) return false;
      place.bytes = Buffer.from(text);
      return true;
    },
  };
};

const joined = (lengths: readonly number[]): IndexedChanges => {
  const indexed = joinIndexed(lengths.map((length, part) => partOf(part, length)));
  if (indexed === null) throw new Error('not indexed');
  return indexed;
};

/** Everything that is said of a change. */
const said = (changes: IndexedChanges, index: number) => {
  const places = valuePlaces();
  const encoded = { bytes: Buffer.alloc(0), start: 0, end: 0 };
  const image = changes.hasBefore(index) ? 'before' : 'after';
  return {
    operation: changes.operation(index),
    table: changes.relation(index).table,
    placed: changes.place(index, image, places) && places.bytes.toString('utf8', places.starts[0], places.ends[0]),
    other: changes.place(index, image === 'before' ? 'after' : 'before', valuePlaces()),
    encoded: changes.placeEncoded(index, encoded) && encoded.bytes.toString(),
    sequence: changes.at(index).sequence,
  };
};

const expected = (part: number, index: number) => ({
  operation: index % 2 === 1 ? 'delete' : 'insert',
  table: `part_${part}`,
  placed: `${part}.${index}`,
  other: false,
  encoded: index % 2 === 0 && `${part}.${index}`,
  sequence: index,
});

const numbers = (lengths: readonly number[]) =>
  lengths.flatMap((length, part) => Array.from({ length }, (_, index) => expected(part, index)));

describe('joined changes', () => {
  it.each([[[3]], [[1, 1, 1]], [[2, 3, 1, 4]], [[5, 1]]])(
    'of %j are numbered through, in any order asked',
    (lengths) => {
      const all = numbers(lengths);
      const indexes = [...all.keys()];
      const changes = joined(lengths);
      expect(changes.length).toBe(all.length);
      const orders = [indexes, [...indexes].reverse(), indexes.map((index) => (index * 7) % all.length)];
      for (const order of orders)
        expect(order.map((index) => said(changes, index))).toEqual(order.map((index) => all[index]));
    },
  );

  it('remember nothing wrong from one question to the next', () => {
    const lengths = [2, 3, 2];
    const all = numbers(lengths);
    for (const first of all.keys())
      for (const second of all.keys()) {
        const changes = joined(lengths);
        changes.at(first);
        expect(changes.relation(second).table).toBe(all[second]?.table);
        expect(changes.at(second).sequence).toBe(all[second]?.sequence);
        expect(changes.hasBefore(first)).toBe(all[first]?.operation === 'delete');
      }
  });

  it.each([[[0, 2]], [[2, 0, 2]], [[2, 0]], [[0, 0, 3, 0]]])('of parts of which some are empty: %j', (lengths) => {
    const changes = joined(lengths);
    expect(numbers(lengths).map((_, index) => said(changes, index))).toEqual(numbers(lengths));
  });

  it('are none where a part has none', () => {
    expect(joinIndexed([partOf(0, 1), undefined, partOf(2, 1)])).toBeNull();
  });

  it('of no parts at all have no change', () => {
    const changes = joinIndexed([]);
    expect(changes?.length).toBe(0);
    expect(() => changes?.at(0)).toThrow(RangeError);
  });
});

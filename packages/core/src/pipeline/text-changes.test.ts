import { describe, expect, it } from 'vitest';
import type { Change } from '../model/change.ts';
import { decodedRow } from '../model/decoded-row.ts';
import { noValue, valuePlaces } from '../model/indexed-changes.ts';
import type { Relation } from '../model/relation.ts';
import { type ChangeParts, createChange } from '../model/row-change.ts';
import type { RowImage } from '../model/row-image.ts';
import { TextChanges } from './text-changes.ts';

const column = (name: string, type: 'bigint' | 'json' | 'text') =>
  ({ name, type, native: type, nullable: true, generated: false }) as const;
const relation: Relation = {
  schema: 'public',
  table: 'items',
  version: 1,
  columns: [column('id', 'bigint'), column('note', 'text'), column('data', 'json')],
  key: [0],
  identity: 'key',
};
const transaction = { id: 't', commitTime: 7, position: '1' };

const change = (op: ChangeParts['op'], before: object | null, after: object | null, sequence = 0): Change => {
  const row = (values: object | null) => (values === null ? null : decodedRow(relation, { ...values }));
  return createChange({
    op,
    table: 'items',
    relation,
    transaction,
    sequence,
    before: row(before),
    after: row(after),
  });
};

const changes = [
  change('insert', null, { id: 1n, note: 'é🦀', data: { a: [1.5] } }, 3),
  change('update', { id: 1n }, { id: 2n, note: null }, 4),
  change('delete', { id: 2n, note: '' }, null, 9),
  change('truncate', null, null, 11),
  change('insert', null, { id: 3n, note: 'x'.repeat(700_000), data: null }, 12),
  change('insert', null, { id: 4n, note: 'y', data: 5 }, 13),
];

const textChanges = (given: readonly Change[]): TextChanges => {
  const texts = new TextChanges(given.length);
  for (const one of given) texts.add(one, one.relation, one.image.after);
  return texts;
};

const texts = (row: RowImage | null) => row && relation.columns.map((_, at) => [row.state(at), row.text(at)]);

const placed = (all: TextChanges, index: number, image: 'before' | 'after') => {
  const places = valuePlaces();
  if (!all.place(index, image, places)) return null;
  expect(places.wire).toBe('text');
  const states = new Map<number, string>(Object.entries(noValue).map(([state, start]) => [start, state]));
  return relation.columns.map((_, at) => {
    const start = places.starts[at] ?? 0;
    return start < 0 ? [states.get(start), null] : ['value', places.bytes.toString('utf8', start, places.ends[at])];
  });
};

describe('changes as text', () => {
  it('say what the changes said, by number and one by one', () => {
    const all = textChanges(changes);
    expect(all.length).toBe(changes.length);
    for (const [index, copy] of [...all].entries()) {
      const { id, op, table, sequence, image } = changes[index] ?? copy;
      expect(copy).toMatchObject({ id, op, table, sequence, relation, transaction });
      expect(all.operation(index)).toBe(op);
      expect(all.hasBefore(index)).toBe(image.before !== null);
      for (const which of ['before', 'after'] as const) {
        expect(texts(copy.image[which])).toEqual(texts(image[which]));
        expect(placed(all, index, which)).toEqual(texts(image[which]));
      }
    }
  });

  it('make a batch that retains what it says', () => {
    const batch = textChanges(changes).batch({ position: '9' });
    expect(batch).toMatchObject({ position: '9', relations: [relation], commitTime: 7, changes: { length: 6 } });
    expect([...batch.tables]).toEqual([['items', 6]]);
    expect(batch.bytes).toBeGreaterThan(700_000);
    expect(textChanges(changes.slice(0, 4)).batch({ position: '9' }).bytes).toBeLessThan(5_000);
  });

  it('know whether all inserted rows are whole', () => {
    expect(textChanges(changes).areWhole).toBe(true);
    expect(textChanges([...changes, change('insert', null, { id: 5n, note: 'z' })]).areWhole).toBe(false);
  });

  it('have rows that can be kept, written again, and asked for their texts as values', () => {
    const row = [...textChanges(changes)][1]?.image.after;
    expect(row?.toObject()).toEqual({ id: '2', note: null });
    expect(texts(row?.keep() ?? null)).toEqual(texts(row ?? null));
    expect(row?.keep().byteLength).toBe(row?.byteLength);
    const target = Buffer.alloc(3);
    expect([0, 1, 2, 3].map((at) => row?.writeText(at, target, 1))).toEqual([
      2,
      noValue.null,
      noValue.unchanged,
      noValue.absent,
    ]);
    expect(row?.writeText(0, target, 3)).toBe(-4);
    expect(row?.state(-1)).toBe('absent');
  });
});

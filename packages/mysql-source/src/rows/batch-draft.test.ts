import { valuePlaces } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { RowsEvent } from '../binlog/binlog-event.ts';
import { columnType } from '../binlog/column-type.ts';
import { BatchDraft } from './batch-draft.ts';
import { definitionOf } from './definition-of.ts';
import { tableFormat } from './table-format.ts';
import { tableMap } from './table-map.test-support.ts';

const map = tableMap([
  { type: columnType.long, metadata: 0, nullable: false, unsigned: false, name: 'id' },
  { type: columnType.blob, metadata: 2, nullable: true, collation: 255, name: 'a' },
]);
const definition = definitionOf(map);
if (definition === null) throw new Error('The definition says too little');
const format = tableFormat(map, definition, { version: 1 });

const all = Uint8Array.of(3);

const row = (id: number, text: string): Buffer => {
  const bytes = Buffer.alloc(7);
  bytes.writeInt32LE(id, 1);
  bytes.writeUInt16LE(text.length, 5);
  return Buffer.concat([bytes, Buffer.from(text)]);
};

const inserts = (...rows: readonly Buffer[]): RowsEvent => {
  const body = Buffer.concat(rows);
  return {
    kind: 'rows',
    operation: 'insert',
    tableId: 1,
    columns: 2,
    before: null,
    after: all,
    partialJson: false,
    body,
    start: 0,
    end: body.length,
  };
};

const transaction = (id: string) => ({ id, position: id, commitTime: Number(id) });
const limits = { maxChanges: 100, maxBytes: 1_000_000 };
const idsOf = ({ changes }: ReturnType<BatchDraft['finish']>) =>
  [...changes].map((change) => [change.transaction?.id, change.sequence, change.image.after?.text(0)]);

describe('BatchDraft', () => {
  it('takes rows up to the limit of changes, and goes on where it stopped', () => {
    const event = inserts(row(1, 'a'), row(2, 'b'), row(3, 'c'));
    const first = new BatchDraft({ ...limits, maxChanges: 2 });
    const rest = first.add(event, format, transaction('1'), 5);
    expect([first.length, rest]).toEqual([2, 16]);
    expect(first.add(event, format, transaction('1'), 7, rest)).toBe(rest);
    const second = new BatchDraft({ ...limits, maxChanges: 2 });
    expect(second.add(event, format, transaction('1'), 7, rest)).toBe(event.end);
    expect(idsOf(first.finish({ position: null, transaction: transaction('1') }))).toEqual([
      ['1', 5, '1'],
      ['1', 6, '2'],
    ]);
    expect(idsOf(second.finish({ position: '2' }))).toEqual([['1', 7, '3']]);
  });

  it('takes nothing of an event that does not fit, unless it is empty', () => {
    const large = inserts(row(1, 'x'.repeat(2000)));
    const draft = new BatchDraft({ maxChanges: 100, maxBytes: 1000 });
    expect(draft.add(large, format, transaction('1'), 0)).toBe(large.end);
    expect(draft.bytes).toBeGreaterThan(2000);
    expect(draft.add(inserts(row(2, 'b')), format, transaction('1'), 1)).toBe(0);
    expect(draft.length).toBe(1);
  });

  it('leaves rows where they were read when little else is there, and moves them when much is', () => {
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(4_000));
    const own = inserts(...texts.map((text, id) => row(id, text))).body;
    const placed = (around: number) => {
      const memory = Buffer.allocUnsafeSlow(own.length + around);
      const draft = new BatchDraft(limits);
      for (let at = 0; at < own.length; at += own.length / texts.length) {
        const end = at + own.length / texts.length;
        own.copy(memory, around + at, at, end);
        const body = memory.subarray(around + at, around + end);
        draft.add({ ...inserts(), body, end: body.length }, format, transaction('1'), at);
      }
      const batch = draft.finish({ position: '1' });
      expect(batch.bytes).toBeLessThan(own.length + 2_000);
      expect([...batch.changes].map(({ image }) => image.after?.text(1))).toEqual(texts);
      const held = [...batch.changes].map(({ image }) => image.after?.pack?.()?.bytes.buffer);
      expect(new Set(held).size).toBe(1);
      return { held: held[0], memory: memory.buffer };
    };
    const [dense, sparse] = [placed(2_000), placed(6_000)];
    expect(dense.held).toBe(dense.memory);
    expect(sparse.held).not.toBe(sparse.memory);
    expect(sparse.held?.byteLength).toBe(own.length);
  });

  it('moves the open transaction out', () => {
    const draft = new BatchDraft(limits);
    draft.begin();
    draft.add(inserts(row(1, 'a'), row(2, 'b')), format, transaction('1'), 0);
    draft.begin();
    draft.add(inserts(row(3, 'c')), format, transaction('2'), 0);
    const open = draft.detachOpen();
    open.add(inserts(row(4, 'd')), format, transaction('2'), 1);
    const [whole, rest] = [draft.finish({ position: '2' }), open.finish({ position: '3' })];
    expect(idsOf(whole)).toEqual([
      ['1', 0, '1'],
      ['1', 1, '2'],
    ]);
    expect(idsOf(rest)).toEqual([
      ['2', 0, '3'],
      ['2', 1, '4'],
    ]);
    expect([whole.commitTime, rest.commitTime]).toEqual([1, 2]);
    expect(whole.tables).toEqual(new Map([['s.t', 2]]));
    expect(whole.relations).toEqual([format.relation]);
  });

  it('has taken nothing of an event that is not what its table is', () => {
    const draft = new BatchDraft(limits);
    draft.add(inserts(row(1, 'a')), format, transaction('1'), 0);
    const torn = inserts(row(2, 'b'), row(3, 'c').subarray(0, 6));
    expect(() => draft.add(torn, format, transaction('1'), 1)).toThrow(
      expect.objectContaining({ code: 'DECODE_FAILED', details: { table: 's.t' } }),
    );
    expect(() => draft.add({ ...torn, columns: 3 }, format, transaction('1'), 1)).toThrow(/3 columns/);
    expect(draft.length).toBe(1);
  });

  it('leaves what it has placed as it is, however many rows are placed after it', () => {
    const texts = Array.from({ length: 3000 }, (_, id) => String(id).padEnd(id % 97, 'x'));
    const draft = new BatchDraft({ ...limits, maxChanges: 3000 });
    draft.add(inserts(...texts.map((text, id) => row(id, text))), format, transaction('1'), 0);
    const { indexed } = draft.finish({ position: '1' }).changes;
    const held = texts.map((_, index) => {
      const places = valuePlaces();
      expect(indexed?.place(index, 'after', places)).toBe(true);
      return places;
    });
    expect(held.map(({ bytes, starts, ends }) => bytes.toString('utf8', starts[1], ends[1]))).toEqual(texts);
    expect(held.map(({ bytes, starts, ends }) => bytes.toString('utf8', starts[0], ends[0]))).toEqual(
      texts.map((_, id) => String(id)),
    );
  });

  it('places a row that is larger than its memory', () => {
    const text = 'y'.repeat(60_000);
    const draft = new BatchDraft(limits);
    draft.add(inserts(row(7, text), row(8, text)), format, transaction('1'), 0);
    const places = valuePlaces();
    const { indexed } = draft.finish({ position: '1' }).changes;
    indexed?.place(1, 'after', places);
    expect(places.bytes.toString('utf8', places.starts[0], places.ends[0])).toBe('8');
    expect(places.bytes.toString('utf8', places.starts[1], places.ends[1])).toBe(text);
  });
});

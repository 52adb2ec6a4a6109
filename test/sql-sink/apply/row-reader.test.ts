import { describe, expect, it } from 'vitest';
import { type Cell, encode } from '../../../packages/postgres-source/src/pgoutput/message-encoder.test-support.ts';
import { RowReader } from '../../../packages/sql-sink/src/apply/row-reader.ts';
import { int4, wireItems as shape, wireBatch } from './wire-batch.ts';

const readerOf = (messages: readonly Buffer[]) => new RowReader(wireBatch(messages).changes);
const inserted = (...rows: readonly (readonly Cell[])[]) => readerOf(rows.map((row) => encode.insert(shape.oid, row)));
const texts = (reader: RowReader) => shape.columns.map((_, column) => reader.textOf(column));
describe('RowReader over the memory of a source', () => {
  it('points into it, without a copy', () => {
    const reader = inserted(['1', 'é', null]);
    reader.read(0, 'after');
    const { bytes } = reader.places;
    expect(texts(reader)).toEqual(['1', 'é', null]);
    reader.readText(0, 'after');
    expect(reader.places.bytes).toBe(bytes);
    expect(reader.changes.at(0).image.after?.bytes(0)?.buffer).toBe(bytes.buffer);
  });

  it('gives the binary form as it came, and its text on demand', () => {
    const reader = inserted([int4(7), Buffer.from('a'), null], [int4(-8), Buffer.from('b'), null]);
    reader.read(0, 'after');
    const { wire, bytes, starts, ends } = reader.places;
    expect(wire).toBe('binary');
    expect(bytes.subarray(starts[0], ends[0])).toEqual(int4(7));
    reader.readText(1, 'after');
    expect(reader.places.wire).toBe('text');
    expect(texts(reader)).toEqual(['-8', 'b', null]);
    reader.read(0, 'after');
    expect(reader.places.wire).toBe('binary');
  });

  it('reads as text what came in both forms', () => {
    const reader = inserted([int4(7), 'a', Buffer.from('c')]);
    reader.read(0, 'after');
    expect(reader.places.wire).toBe('text');
    expect(texts(reader)).toEqual(['7', 'a', 'c']);
  });

  it.each([
    { wire: 'text', id: '1', cell: (text: string): Cell => text },
    { wire: 'binary', id: int4(1), cell: (text: string): Cell => Buffer.from(text) },
  ])('merges changes that came as $wire as text', ({ id, cell }) => {
    const reader = readerOf([
      encode.insert(shape.oid, [id, cell('inserted'), cell('inserted')]),
      encode.update(shape.oid, [id, undefined, cell('updated')]),
      encode.update(shape.oid, [id, undefined, null]),
    ]);
    reader.read([2, 1, 0], 'after');
    expect(reader.places.wire).toBe('text');
    expect(texts(reader)).toEqual(['1', 'inserted', null]);
    reader.readText([1, 0], 'after');
    expect(texts(reader)).toEqual(['1', 'inserted', 'updated']);
  });
});

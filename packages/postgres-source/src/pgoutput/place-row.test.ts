import { type EncodedRow, noValue, type RowImage, type ValuePlaces, valuePlaces } from '@millrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Cell, encode, oids, type Table, table } from './message-encoder.test-support.ts';
import { PgoutputDecoder } from './pgoutput-decoder.ts';

const columns = { id: oids.text, code: oids.text, note: oids.text, more: oids.text };
const byKey = table(16_400, 'by_key', columns);
const full = table(16_401, 'full', columns, 'f');

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((one) => !one.includes('\0'));
const kinds = {
  text: text.map((one): Cell => one),
  binary: text.map((one): Cell => Buffer.from(one)),
  null: fc.constant<Cell>(null),
  unchanged: fc.constant<Cell>(undefined),
};
const cellOf = (...values: readonly ('text' | 'binary')[]): fc.Arbitrary<Cell> =>
  fc.oneof(...values.map((kind) => kinds[kind]), kinds.null, kinds.unchanged);
const rowOf = (cell: fc.Arbitrary<Cell>) => fc.tuple(cell, cell, cell, cell);
/** Tuples of one change: all of their values in one form, or in both. */
const tuples = fc
  .constantFrom(cellOf('text'), cellOf('binary'), cellOf('text', 'binary'))
  .chain((cell) => fc.record({ row: rowOf(cell), old: rowOf(cell) }));

type Tuples = { readonly row: readonly Cell[]; readonly old: readonly Cell[] };

const messages: Readonly<Record<string, (tuples: Tuples) => readonly [Table, Buffer]>> = {
  'an insert': ({ row }) => [byKey, encode.insert(byKey.oid, row)],
  'an update': ({ row }) => [byKey, encode.update(byKey.oid, row)],
  'an update of the key': ({ row, old }) => [byKey, encode.update(byKey.oid, row, { kind: 'K', row: old })],
  'an update with the whole old row': ({ row, old }) => [full, encode.update(full.oid, row, { kind: 'O', row: old })],
  'a delete by key': ({ old }) => [byKey, encode.delete(byKey.oid, 'K', old)],
  'a delete of a whole row': ({ old }) => [full, encode.delete(full.oid, 'O', old)],
};

const changesOf = (shape: Table, message: Buffer) => {
  const decoder = new PgoutputDecoder({ limits: { maxChanges: 10, maxBytes: 1e6 }, primaryKey: () => ['id'] });
  // A row before it, so that nothing lies at the beginning of the memory.
  const before = encode.insert(shape.oid, ['before', '', null, 'x']);
  for (const part of [encode.begin(1n), encode.relation(shape), before, message, encode.commit(1n, 2n)])
    decoder.push(part);
  decoder.flush();
  const indexed = decoder.take()?.changes.indexed;
  if (indexed === undefined) throw new Error('no changes');
  return indexed;
};

const stateOf = ({ starts }: ValuePlaces, column: number) => {
  const start = starts[column] ?? noValue.absent;
  return Object.entries(noValue).find(([, none]) => none === start)?.[0] ?? 'value';
};

const rawOf = (image: RowImage, column: number): Buffer | null => {
  const bytes = image.bytes(column);
  return bytes === null ? null : Buffer.from(bytes);
};

/** The values of a row of COPY's binary format. */
const copyRowOf = ({ bytes, start, end }: EncodedRow) => {
  const values: (Buffer | null)[] = [];
  let at = start + 2;
  for (let column = bytes.readUInt16BE(start); column > 0; column--) {
    const length = bytes.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : Buffer.from(bytes.subarray(at, at + length)));
    at += Math.max(length, 0);
  }
  expect(at).toBe(end);
  return values;
};

const columnNumbers = Object.keys(columns).map((_, column) => column);

it.each(Object.keys(messages))('finds the values of %s where the row itself does', (name) => {
  fc.assert(
    fc.property(tuples, (given) => {
      const [shape, message] = messages[name]?.(given) ?? [byKey, Buffer.alloc(0)];
      const indexed = changesOf(shape, message);
      const places = valuePlaces();
      const encoded: EncodedRow = { bytes: Buffer.alloc(0), start: 0, end: 0 };
      // What was read before leaves nothing behind.
      indexed.place(0, 'after', places);
      const { image } = indexed.at(1);
      for (const [which, row] of Object.entries(image) as ['before' | 'after', RowImage | null][]) {
        if (row === null) continue;
        const placed = indexed.place(1, which, places);
        expect(columnNumbers.map((column) => stateOf(places, column))).toEqual(
          columnNumbers.map((column) => row.state(column)),
        );
        const values = columnNumbers.filter((column) => row.state(column) === 'value');
        const found = values.map((column) =>
          Buffer.from(places.bytes.subarray(places.starts[column], places.ends[column])),
        );
        // Every type here has the same bytes in both forms.
        expect(found.map(String)).toEqual(values.map((column) => row.text(column)));
        const hasAllBytes = values.every((column) => rawOf(row, column) !== null);
        expect(placed).toBe(hasAllBytes);
        const isCopyRow = which === 'after' && indexed.placeEncoded(1, encoded);
        if (isCopyRow) expect(copyRowOf(encoded)).toEqual(columnNumbers.map((column) => rawOf(row, column)));
        const isWhole = columnNumbers.every((column) => row.state(column) === 'null' || row.wire === 'binary');
        if (which === 'after' && name !== 'an update with the whole old row')
          expect(isCopyRow).toBe(
            isWhole && !columnNumbers.some((column) => row.state(column) === 'unchanged') && placed,
          );
        if (!placed) continue;
        expect(places.wire).toBe(row.wire);
        expect(found).toEqual(values.map((column) => rawOf(row, column)));
      }
    }),
  );
});

it('knows of rows that moved into a batch of their own what it knew of them before', () => {
  const decoder = new PgoutputDecoder({ limits: { maxChanges: 10, maxBytes: 1e6 }, primaryKey: () => ['id'] });
  const rows: readonly (readonly Cell[])[] = [
    ['text', 'a', 'b', null],
    ['x', 'a', 'b', null].map((value) => value && Buffer.from(value)),
  ];
  const first = [
    encode.begin(1n),
    encode.relation(byKey),
    encode.insert(byKey.oid, rows[0] ?? []),
    encode.commit(1n, 2n),
  ];
  const open = [encode.begin(3n), ...rows.map((row) => encode.insert(byKey.oid, row))];
  for (const part of [...first, ...open]) decoder.push(part);
  decoder.flush();
  decoder.push(encode.commit(3n, 4n));
  decoder.flush();
  decoder.take();
  const indexed = decoder.take()?.changes.indexed;
  const encoded: EncodedRow = { bytes: Buffer.alloc(0), start: 0, end: 0 };
  expect(indexed?.placeEncoded(0, encoded)).toBe(false);
  expect(indexed?.placeEncoded(1, encoded)).toBe(true);
  expect(copyRowOf(encoded)).toEqual(rows[1]);
});

import { MillraceError, type RowImage, valuePlaces } from '@millrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RowsEvent } from '../binlog/binlog-event.ts';
import { columnType } from '../binlog/column-type.ts';
import { BatchDraft } from './batch-draft.ts';
import { definitionOf } from './definition-of.ts';
import type { RowFormat } from './row-format.ts';
import { tableFormat } from './table-format.ts';
import { everyColumn, tableMap } from './table-map.test-support.ts';

type Columns = typeof everyColumn;

const formatOf = (columns: Columns): RowFormat => {
  const map = tableMap(columns);
  const definition = definitionOf(map);
  if (definition === null) throw new Error('The definition says too little');
  return tableFormat(map, definition, { version: 1, zeroDates: 'null' });
};

const unlimited = { maxChanges: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

const changesOf = (columns: Columns, rows: Buffer) => {
  const present = Buffer.alloc((columns.length + 7) >> 3, 0xff);
  const event: RowsEvent = {
    kind: 'rows',
    operation: 'insert',
    tableId: 1,
    columns: columns.length,
    before: null,
    after: present,
    partialJson: false,
    body: rows,
    start: 0,
    end: rows.length,
  };
  const draft = new BatchDraft(unlimited);
  draft.add(event, formatOf(columns), { id: 't', position: '1', commitTime: 0 }, 0);
  return draft.finish({ position: '1' }).changes;
};

/** What is read, or the error of it. */
const outcome = <T>(read: () => T): T | string => {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    return String(error);
  }
};

const memory = Buffer.alloc(1024 * 1024);

/** What a column of a row writes by itself; what is no UTF-8 is passed on as it is. */
const written = (row: RowImage | null, column: number): string | null => {
  const end = row?.writeText(column, memory, 0) ?? -1;
  return end < 0 ? null : memory.toString('latin1', 0, end);
};

/** What a sink finds in places, and what the columns of the rows say one by one. */
const compare = (changes: ReturnType<typeof changesOf>): void => {
  const places = valuePlaces();
  const seen: {
    readonly row: RowImage | null;
    readonly expected: (string | null)[];
    readonly placed: () => unknown;
  }[] = [];
  for (const [index, { image, relation }] of [...changes].entries()) {
    const expected = outcome(() => relation.columns.map((_, column) => written(image.after, column)));
    const placed = outcome(() => changes.indexed?.place(index, 'after', places));
    if (typeof expected === 'string') expect(placed).toBe(expected);
    if (typeof expected === 'string') continue;
    expect(placed).toBe(true);
    const [bytes, starts, ends] = [places.bytes, [...places.starts], [...places.ends]];
    seen.push({
      row: image.after,
      expected,
      placed: () => starts.map((start, column) => (start < 0 ? null : bytes.toString('latin1', start, ends[column]))),
    });
  }
  // All rows at last: none has been written over.
  for (const { expected, placed } of seen) expect(placed()).toEqual(expected);
  // Rows that are looked at in turn.
  for (let column = 0; column < places.starts.length; column++)
    for (const { row, expected } of seen) expect(written(row, column)).toBe(expected[column]);
};

const columnsOf = (all: Columns) => fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 6 });
/** Bytes that are often lengths, ends of ranges, and ASCII. */
const byte = fc.oneof(
  fc.constantFrom(0, 0, 1, 2, 8, 0x7f, 0x80, 0xff),
  fc.integer({ min: 0x20, max: 0x7e }),
  fc.nat(255),
);

const isReadable = (columns: Columns, rows: Buffer): boolean => {
  try {
    changesOf(columns, rows);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    return false;
  }
};

it('rows of any columns are written as their columns say one by one, or fail alike', () => {
  let compared = 0;
  fc.assert(
    fc.property(columnsOf(everyColumn), fc.array(byte, { maxLength: 300 }), (columns, list) => {
      // As many rows as there are.
      for (let end = list.length; end > 0; end--) {
        const rows = Buffer.from(list.slice(0, end));
        if (!isReadable(columns, rows)) continue;
        compared += 1;
        compare(changesOf(columns, rows));
        break;
      }
    }),
    { numRuns: 400 },
  );
  expect(compared).toBeGreaterThan(30);
});

const integers: Columns = [1, 2, 3, 4, 8].flatMap((size) =>
  [true, false].map((unsigned) => {
    const type = { 1: columnType.tiny, 2: columnType.short, 3: columnType.int24, 4: columnType.long }[size];
    return { type: type ?? columnType.longLong, metadata: 0, nullable: true, unsigned, name: `c${size}${unsigned}` };
  }),
);
const integerSizes = [1, 1, 2, 2, 3, 3, 4, 4, 8, 8];

it('whole numbers of every size', () => {
  const size = integerSizes.reduce((sum, each) => sum + each, 0);
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: size, maxLength: size }),
    fc.constantFrom(0, 1, 0x7f, 0x80, 0xff).map((value) => new Uint8Array(size).fill(value)),
  );
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 5 }), (rows) => {
      compare(changesOf(integers, Buffer.concat(rows.flatMap((row) => [Buffer.from([0, 0xfc]), row]))));
    }),
    { numRuns: 300 },
  );
});

it('texts of every length, in memory that has to grow for them', () => {
  const text: Columns = [
    { type: columnType.long, metadata: 0, nullable: true, unsigned: false, name: 'id' },
    { type: columnType.blob, metadata: 4, nullable: true, collation: 45, name: 'note' },
  ];
  const lengths = [
    ...Array.from({ length: 40 }, (_, length) => length),
    511,
    512,
    513,
    520,
    30_000,
    40_000,
    7,
    300_000,
    3,
  ];
  const rows = lengths.map((length, number) => {
    const head = Buffer.alloc(9);
    head.writeUInt8(0xfc, 0);
    head.writeInt32LE(number - 20, 1);
    head.writeUInt32LE(length, 5);
    return Buffer.concat([head, Uint8Array.from({ length }, (_, place) => 0x61 + ((number + place) % 26))]);
  });
  compare(changesOf(text, Buffer.concat(rows)));
});

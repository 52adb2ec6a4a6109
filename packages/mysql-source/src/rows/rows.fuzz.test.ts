import { MillraceError, valuePlaces } from '@millrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RowsEvent } from '../binlog/binlog-event.ts';
import { columnType } from '../binlog/column-type.ts';
import { BatchDraft } from './batch-draft.ts';
import { definitionOf } from './definition-of.ts';
import type { RowFormat } from './row-format.ts';
import { tableFormat } from './table-format.ts';
import { everyColumn, tableMap } from './table-map.test-support.ts';

const formatOf = (columns: typeof everyColumn): RowFormat => {
  const map = tableMap(columns);
  const definition = definitionOf(map);
  if (definition === null) throw new Error('The definition says too little');
  return tableFormat(map, definition, { version: 1 });
};

const all = formatOf(everyColumn);
const single = everyColumn.map((column) => formatOf([column]));

/** Types that the log does not tell from others. */
const declared = (
  [
    ['uuid', columnType.string, 16],
    ['inet6', columnType.string, 16],
    ['inet4', columnType.string, 4],
    ['vector(3)', columnType.varchar, 12],
    ['json', columnType.blob, 4],
    ['time', columnType.time, 0],
    ['datetime', columnType.dateTime, 0],
    ['timestamp', columnType.timestamp, 0],
    ['time(3)', columnType.time, 0],
    ['datetime(6)', columnType.dateTime, 0],
    ['timestamp(2)', columnType.timestamp, 0],
  ] as const
).map(([type, logged, metadata]) => {
  const map = tableMap([{ type: logged, metadata, nullable: true }], null);
  const column = { name: 'c', type, collation: null, nullable: true, generated: null, invisible: false };
  return tableFormat(map, { schema: 's', table: 't', columns: [column], primaryKey: null }, { version: 1 });
});

const unlimited = { maxChanges: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const transaction = { id: 't', position: '1', commitTime: 0 };

/** Bytes that are often lengths, kinds of JSON, and the like. */
const byte = fc.oneof(fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 5, 7, 8, 12, 0x7f, 0x80, 0x81, 0x8a, 0xff), fc.nat(255));
const bytes = fc.array(byte, { maxLength: 200 }).map((list) => Buffer.from(list));
const present = (columns: number) => fc.uint8Array({ minLength: (columns + 7) >> 3, maxLength: (columns + 7) >> 3 });

const outcome = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    return String(error);
  }
};

/** What a batch of the rows says, or the errors it says instead. */
const everything = (event: RowsEvent, format: RowFormat): unknown => {
  const draft = new BatchDraft(unlimited);
  const failure = outcome(() => draft.add(event, format, transaction, 0));
  if (typeof failure === 'string') return failure;
  const { changes } = draft.finish({ position: '1' });
  const places = valuePlaces();
  return [...changes].map(({ image }, index) =>
    (['before', 'after'] as const).map((side) => {
      const row = image[side];
      const columns = format.relation.columns.map((_, column) => {
        const text = outcome(() => row?.text(column));
        const value = outcome(() => row?.value(column));
        const state = outcome(() => row?.state(column));
        return [state, text, typeof value === 'bigint' ? String(value) : value];
      });
      const placed = outcome(() => changes.indexed?.place(index, side, places));
      return [columns, placed, row?.keep().byteLength];
    }),
  );
};

const fuzz = (format: RowFormat, numRuns: number): void => {
  const columns = format.relation.columns.length;
  const arbitrary = fc.record({
    operation: fc.constantFrom('insert' as const, 'update' as const, 'delete' as const),
    beforeColumns: present(columns),
    afterColumns: present(columns),
    partialJson: fc.boolean(),
    rows: bytes,
  });
  fc.assert(
    fc.property(arbitrary, ({ operation, beforeColumns, afterColumns, partialJson, rows }) => {
      const said = [0, 0x7f, 0xff].map((around) => {
        const padding = Buffer.alloc(16, around);
        const event: RowsEvent = {
          kind: 'rows',
          operation,
          tableId: 1,
          columns,
          before: operation === 'insert' ? null : beforeColumns,
          after: operation === 'delete' ? null : afterColumns,
          partialJson: partialJson && operation === 'update',
          body: Buffer.concat([padding, rows, padding]),
          start: 16,
          end: 16 + rows.length,
        };
        return JSON.stringify(everything(event, format));
      });
      // Nothing around the rows has been looked at.
      expect(new Set(said).size).toBe(1);
    }),
    { numRuns },
  );
};

it('any bytes are rows or an error, for tables of every type', () => {
  fuzz(all, 500);
});

it.each([...single, ...declared].map((format) => [format.relation.columns[0]?.native ?? '', format] as const))(
  'any bytes are values or an error: %s',
  (_, format) => {
    fuzz(format, 200);
  },
);

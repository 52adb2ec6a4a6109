import { noValue, type ValuePlaces, valuePlaces } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CopyBuffer, CopyMemory } from '../../../packages/sql-sink/src/postgres/apply/copy-buffer.ts';
import {
  appendBinaryHeader,
  appendBinaryRow,
  appendBinaryTrailer,
  appendTextRow,
} from '../../../packages/sql-sink/src/postgres/apply/copy-row.ts';
import { TextEscaper } from '../../../packages/sql-sink/src/postgres/apply/text-escaper.ts';
import {
  copyContents,
  parseCopyBinary,
  parseCopyText,
} from '../../../packages/sql-sink/src/postgres/testing/parse-copy.ts';

type Values = readonly (Buffer | null)[];

/** The values one behind the other, with something between them that is nobody's. */
const placesOf = (values: Values): ValuePlaces => {
  const places = valuePlaces();
  let at = 0;
  const pieces = values.map((value, column) => {
    places.starts[column] = value === null ? noValue.null : at + 1;
    places.ends[column] = at + 1 + (value?.length ?? 0);
    const piece = Buffer.concat([Buffer.from('#'), value ?? Buffer.alloc(0)]);
    at += piece.length;
    return piece;
  });
  places.bytes = Buffer.concat(pieces);
  return places;
};

const copyOf = (write: (buffer: CopyBuffer) => void): readonly Uint8Array[] => {
  const buffer = new CopyBuffer(new CopyMemory(0));
  write(buffer);
  return buffer.end();
};

const escaper = new TextEscaper();

const textOf = (rows: readonly Values[], columns: readonly number[]) =>
  copyOf((buffer) => {
    for (const row of rows) appendTextRow(buffer, placesOf(row), columns, escaper);
  });

const binaryOf = (rows: readonly Values[], columns: readonly number[]) =>
  copyOf((buffer) => {
    appendBinaryHeader(buffer);
    for (const row of rows) appendBinaryRow(buffer, placesOf(row), columns);
    appendBinaryTrailer(buffer);
  });

const bytes = fc.uint8Array({ maxLength: 120 }).map((array) => Buffer.from(array));
/** Long enough for either way of copying, and full of what has to be escaped. */
const special = fc.string({
  unit: fc.constantFrom('\\', '\n', '\r', '\t', '\b', '\v', 'N', '.', 'n', 'é', '🦀'),
  maxLength: 80,
});
const plain = fc.string({ unit: 'binary', maxLength: 80 }).filter((text) => !text.includes('\0'));
const value = fc.oneof(
  fc.constant(null),
  special.map((text) => Buffer.from(text)),
  plain.map((text) => Buffer.from(text)),
  bytes,
);
const rowsOf = (width: number) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 20 });
/** Rows, and the columns of them that are written, in whatever order. */
const copied = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.tuple(rowsOf(width), fc.shuffledSubarray([...Array(width).keys()], { minLength: 1 })));

/** As strings of bytes, which are compared a hundred times faster. */
const latin1 = (rows: readonly Values[]) => rows.map((row) => row.map((one) => one?.toString('latin1') ?? null));

const picked = (rows: readonly Values[], columns: readonly number[]) =>
  latin1(rows.map((row) => columns.map((column) => row[column] ?? null)));

describe('rows of a COPY', () => {
  it('in text are what was written', () => {
    fc.assert(
      fc.property(copied, ([rows, columns]) => {
        expect(parseCopyText(copyContents(textOf(rows, columns)))).toEqual(picked(rows, columns));
      }),
    );
  });

  it('in binary form are what was written', () => {
    fc.assert(
      fc.property(copied, ([rows, columns]) => {
        expect(latin1(parseCopyBinary(copyContents(binaryOf(rows, columns))))).toEqual(picked(rows, columns));
      }),
    );
  });

  it.each([48, 49, 64 * 1024 - 40, 64 * 1024, 64 * 1024 + 1, 300_000])(
    'of values of %i bytes arrive whole, between small ones',
    (length) => {
      const large = Buffer.alloc(length, 'ab\\');
      const small = Buffer.from('x');
      const rows: Values[] = [
        [small, null],
        [large, small],
        [small, large],
        [large, large],
        [null, small],
      ];
      expect(parseCopyText(copyContents(textOf(rows, [0, 1])))).toEqual(latin1(rows));
      expect(latin1(parseCopyBinary(copyContents(binaryOf(rows, [0, 1]))))).toEqual(latin1(rows));
    },
  );

  it('are as many as were written where no column is', () => {
    expect(copyContents(textOf([[], []], [])).toString()).toBe('\n\n');
    expect(parseCopyBinary(copyContents(binaryOf([[], []], [])))).toEqual([[], []]);
  });

  it('take what was left out for NULL', () => {
    const places = placesOf([Buffer.from('x')]);
    places.starts.push(noValue.unchanged, noValue.absent);
    const messages = copyOf((buffer) => appendTextRow(buffer, places, [2, 0, 1, 3], escaper));
    expect(copyContents(messages).toString()).toBe('\\N\tx\t\\N\t\\N\n');
  });
});

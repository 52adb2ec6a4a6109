import { type EncodedRow, noValue, type ValuePlaces } from '@millrace/core';
import type { Row, RowReader } from '../../apply/row-reader.ts';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import type { PlannedColumn } from '../target/table-plan.ts';
import { type CopyFormat, copyStatement } from './bulk-statements.ts';
import type { CopyBuffer } from './copy-buffer.ts';
import { appendBinaryHeader, appendBinaryRow, appendBinaryTrailer, appendTextRow } from './copy-row.ts';
import type { CopyProof, Message } from './message.ts';
import { TextEscaper } from './text-escaper.ts';

export interface RowCopy {
  /** The table as SQL. */
  readonly into: string;
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly Row[];
  /** Which image of a change is the row. */
  readonly image: 'before' | 'after';
  /** Unless told, its outcome. */
  readonly proof?: CopyProof;
}

const saysAll = ({ starts }: ValuePlaces, columns: readonly number[]): boolean => {
  for (const column of columns) if ((starts[column] ?? noValue.absent) < noValue.null) return false;
  return true;
};

/** Adds one COPY of these rows, if there are any. Returns those that do not say every column, which are left out. */
export const addCopy = (message: Message, reader: RowReader, copy: RowCopy): readonly Row[] => {
  const { columns, rows, image, into, proof } = copy;
  const [first] = rows;
  if (first === undefined) return [];
  reader.read(first, image);
  const areWhole = rows.every((row) => typeof row === 'number');
  const isBinary = areWhole && reader.places.wire === 'binary' && columns.every(({ sameBinary }) => sameBinary);
  const format = isBinary ? 'binary' : 'text';
  const statement = copyStatement(into, columns, format);
  if (reader.changes.areWhole && areWhole) {
    const encode = () => encodeRows(message.copyBuffer(), reader, copy, format, incomplete);
    message.addCopy(statement, into, { [Symbol.iterator]: encode }, rows.length, proof);
    return [];
  }
  const partial: Row[] = [];
  const data = [...encodeRows(message.copyBuffer(), reader, copy, format, (row) => partial.push(row))];
  if (partial.length < rows.length) message.addCopy(statement, into, data, rows.length - partial.length, proof);
  return partial;
};

/** The log holds rows whole, and all of them in one form; where it does not, one change at a time does without. */
const incomplete = () => {
  throw new UnexpectedOutcome('a row without all of its columns');
};

/** Whether these are all columns of the rows, in their order. */
const isWholeRow = (columns: readonly PlannedColumn[], { changes }: RowReader, [first]: readonly Row[]): boolean =>
  typeof first === 'number' &&
  changes.relation(first).columns.length === columns.length &&
  columns.every(({ index }, at) => index === at);

/** So many bytes are sent before the rows behind them are looked at: the server can begin. */
const longestRun = 64 * 1024;

/** Gives rows to `buffer` as they are, as long as they are held so. Returns how many. */
const forwardRows = (buffer: CopyBuffer, reader: RowReader, rows: readonly Row[], from: number): number => {
  const place: EncodedRow = { bytes: buffer.bytes, start: 0, end: 0 };
  let [bytes, start, end] = [buffer.bytes, 0, 0];
  let at = from;
  for (; at < rows.length && end - start < longestRun; at++) {
    const row = rows[at];
    if (typeof row !== 'number' || !reader.changes.placeEncoded(row, place)) break;
    if (place.bytes !== bytes || place.start !== end) {
      if (end > start) buffer.forward(bytes, start, end);
      bytes = place.bytes;
      start = place.start;
    }
    end = place.end;
  }
  if (end > start) buffer.forward(bytes, start, end);
  return at - from;
};

/** Pieces of CopyData messages; rows that do not say every column are given to `onPartial`. */
function* encodeRows(
  buffer: CopyBuffer,
  reader: RowReader,
  { columns, rows, image }: RowCopy,
  format: CopyFormat,
  onPartial: (row: Row) => void,
): Generator<Uint8Array, void, undefined> {
  const indexes = columns.map(({ index }) => index);
  const isBinary = format === 'binary';
  const escaper = new TextEscaper();
  const append = (row: Row): void => {
    if (isBinary) reader.read(row, image);
    else reader.readText(row, image);
    if (isBinary && reader.places.wire !== 'binary') throw new UnexpectedOutcome('rows in two forms');
    if (!saysAll(reader.places, indexes)) onPartial(row);
    else if (isBinary) appendBinaryRow(buffer, reader.places, indexes);
    else appendTextRow(buffer, reader.places, indexes, escaper);
  };
  const asTheyAre = isBinary && image === 'after' && isWholeRow(columns, reader, rows);
  if (isBinary) appendBinaryHeader(buffer);
  for (let at = 0; at < rows.length; ) {
    const forwarded = asTheyAre ? forwardRows(buffer, reader, rows, at) : 0;
    const row = rows[at];
    if (forwarded === 0 && row !== undefined) append(row);
    at += Math.max(forwarded, 1);
    if (buffer.isReady) yield* buffer.take();
  }
  if (isBinary) appendBinaryTrailer(buffer);
  yield* buffer.end();
}

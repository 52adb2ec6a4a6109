import { noValue, type ValuePlaces } from '@millrace/core';
import type { PlannedColumn } from '../target/table-plan.ts';
import { type CopyFormat, copyStatement } from './bulk-statements.ts';
import type { CopyBuffer } from './copy-buffer.ts';
import { appendBinaryHeader, appendBinaryRow, appendBinaryTrailer, appendTextRow } from './copy-row.ts';
import { type Message, UnexpectedOutcome } from './message.ts';
import type { Row, RowReader } from './row-reader.ts';

export interface RowCopy {
  /** The table as SQL. */
  readonly into: string;
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly Row[];
  /** Which image of a change is the row. */
  readonly image: 'before' | 'after';
}

const saysAll = ({ starts }: ValuePlaces, columns: readonly number[]): boolean => {
  for (const column of columns) if ((starts[column] ?? noValue.absent) < noValue.null) return false;
  return true;
};

/** Adds one COPY of these rows, if there are any. Returns those that do not say every column, which are left out. */
export const addCopy = (message: Message, reader: RowReader, copy: RowCopy): readonly Row[] => {
  const { columns, rows, image, into } = copy;
  const [first] = rows;
  if (first === undefined) return [];
  reader.read(first, image);
  const areWhole = rows.every((row) => typeof row === 'number');
  const isBinary = areWhole && reader.places.wire === 'binary' && columns.every(({ sameBinary }) => sameBinary);
  const format = isBinary ? 'binary' : 'text';
  const statement = copyStatement(into, columns, format);
  if (reader.isIndexed && areWhole) {
    const encode = () => encodeRows(message.copyBuffer(), reader, copy, format, incomplete);
    message.addCopy(statement, into, { [Symbol.iterator]: encode }, rows.length);
    return [];
  }
  const partial: Row[] = [];
  const data = [...encodeRows(message.copyBuffer(), reader, copy, format, (row) => partial.push(row))];
  if (partial.length < rows.length) message.addCopy(statement, into, data, rows.length - partial.length);
  return partial;
};

/** The log holds rows whole, and all of them in one form; where it does not, one change at a time does without. */
const incomplete = () => {
  throw new UnexpectedOutcome('a row without all of its columns');
};

/** Whole CopyData messages; rows that do not say every column are given to `onPartial`. */
function* encodeRows(
  buffer: CopyBuffer,
  reader: RowReader,
  { columns, rows, image }: RowCopy,
  format: CopyFormat,
  onPartial: (row: Row) => void,
): Generator<Uint8Array, void, undefined> {
  const indexes = columns.map(({ index }) => index);
  const isBinary = format === 'binary';
  if (isBinary) appendBinaryHeader(buffer);
  for (const row of rows) {
    if (isBinary) reader.read(row, image);
    else reader.readText(row, image);
    if (isBinary && reader.places.wire !== 'binary') throw new UnexpectedOutcome('rows in two forms');
    if (!saysAll(reader.places, indexes)) onPartial(row);
    else if (isBinary) appendBinaryRow(buffer, reader.places, indexes);
    else appendTextRow(buffer, reader.places, indexes);
    if (buffer.isReady) yield* buffer.take();
  }
  if (isBinary) appendBinaryTrailer(buffer);
  yield* buffer.end();
}

import { noValue, type ValuePlaces } from '@millrace/core';
import type { PlannedColumn } from '../target/table-plan.ts';
import { type CopyFormat, copyStatement } from './bulk-statements.ts';
import type { CopyBuffer } from './copy-buffer.ts';
import { appendBinaryHeader, appendBinaryRow, appendBinaryTrailer, appendTextRow } from './copy-row.ts';
import type { Message } from './message.ts';
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
  const mayBeBinary = copy.columns.every(({ sameBinary }) => sameBinary);
  return (mayBeBinary ? addBinary(message, reader, copy) : null) ?? addText(message, reader, copy);
};

/** `null`: nothing is added, because some row has not come in binary form. */
const addBinary = (message: Message, reader: RowReader, copy: RowCopy): readonly Row[] | null => {
  const { columns, rows, image } = copy;
  const indexes = columns.map(({ index }) => index);
  const partial: Row[] = [];
  const buffer = message.copyBuffer();
  appendBinaryHeader(buffer);
  for (const row of rows) {
    reader.read(row, image);
    if (reader.places.wire !== 'binary') return null;
    if (saysAll(reader.places, indexes)) appendBinaryRow(buffer, reader.places, indexes);
    else partial.push(row);
  }
  appendBinaryTrailer(buffer);
  add(message, copy, 'binary', buffer, rows.length - partial.length);
  return partial;
};

const addText = (message: Message, reader: RowReader, copy: RowCopy): readonly Row[] => {
  const { columns, rows, image } = copy;
  const indexes = columns.map(({ index }) => index);
  const partial: Row[] = [];
  const buffer = message.copyBuffer();
  for (const row of rows) {
    reader.readText(row, image);
    if (saysAll(reader.places, indexes)) appendTextRow(buffer, reader.places, indexes);
    else partial.push(row);
  }
  add(message, copy, 'text', buffer, rows.length - partial.length);
  return partial;
};

const add = (message: Message, { into, columns }: RowCopy, format: CopyFormat, buffer: CopyBuffer, rows: number) => {
  if (rows > 0) message.addCopy(copyStatement(into, columns, format), into, buffer.end(), rows);
};

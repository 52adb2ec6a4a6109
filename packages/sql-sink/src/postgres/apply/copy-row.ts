import type { ValuePlaces } from '@millrace/core';
import type { CopyBuffer } from './copy-buffer.ts';
import type { TextEscaper } from './text-escaper.ts';

/** From here on byte copies in JavaScript cost more than a call into Node. */
const shortCopy = 48;

const [tab, newline] = [0x09, 0x0a] as const;
/** `\\N` */
const nullText = [0x5c, 0x4e] as const;

/**
 * Appends one row in COPY's text format: the values of these columns in their order, canonical text as it came
 * (PostgreSQL manual, COPY, "Text Format").
 */
export const appendTextRow = (
  buffer: CopyBuffer,
  places: ValuePlaces,
  columns: readonly number[],
  escaper: TextEscaper,
): void => {
  const { bytes: source, starts, ends } = places;
  let most = 1;
  for (const column of columns) {
    const start = starts[column] ?? -1;
    most += start < 0 ? 3 : ((ends[column] ?? 0) - start) * 2 + 1;
  }
  buffer.reserve(most);
  const target = buffer.bytes;
  let at = buffer.at;
  for (const column of columns) {
    const start = starts[column] ?? -1;
    if (start < 0) {
      target[at++] = nullText[0];
      target[at++] = nullText[1];
    } else {
      at = escaper.copy(source, start, ends[column] ?? 0, target, at);
    }
    target[at++] = tab;
  }
  // A table without columns to write has no separator to replace.
  if (columns.length > 0) at -= 1;
  target[at++] = newline;
  buffer.at = at;
};

/** Before the first row in COPY's binary format: signature, flags, length of an extension. */
const signature = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

export const appendBinaryHeader = (buffer: CopyBuffer): void => {
  buffer.reserve(signature.length);
  buffer.at += signature.copy(buffer.bytes, buffer.at);
};

/**
 * Appends one row in COPY's binary format: the values of these columns in their order, in the binary form that they
 * came in (PostgreSQL manual, COPY, "Binary Format").
 */
export const appendBinaryRow = (buffer: CopyBuffer, places: ValuePlaces, columns: readonly number[]): void => {
  const { bytes: source, starts, ends } = places;
  let length = 2;
  for (const column of columns) {
    const start = starts[column] ?? -1;
    length += 4 + (start < 0 ? 0 : (ends[column] ?? 0) - start);
  }
  buffer.reserve(length);
  const target = buffer.bytes;
  let at = buffer.at;
  target[at++] = columns.length >>> 8;
  target[at++] = columns.length;
  for (const column of columns) {
    const start = starts[column] ?? -1;
    const size = start < 0 ? -1 : (ends[column] ?? 0) - start;
    target[at++] = size >> 24;
    target[at++] = size >> 16;
    target[at++] = size >> 8;
    target[at++] = size;
    if (size > shortCopy) {
      source.copy(target, at, start, start + size);
      at += size;
    } else {
      for (let from = start; from < start + size; from++) target[at++] = source[from] ?? 0;
    }
  }
  buffer.at = at;
};

/** After the last row in COPY's binary format. */
export const appendBinaryTrailer = (buffer: CopyBuffer): void => {
  buffer.reserve(2);
  buffer.bytes[buffer.at++] = 0xff;
  buffer.bytes[buffer.at++] = 0xff;
};

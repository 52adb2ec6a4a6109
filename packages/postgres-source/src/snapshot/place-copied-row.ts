import { noValue, type ValuePlaces } from '@millrace/core';
import { MalformedMessage } from '../pgoutput/malformed-message.ts';
import { backslash, escapes, newline, nullLetter, tab, wrongColumns } from './copy-rows.ts';

/** Holds the values of a row of which some are written with escapes. Grows as needed. */
export interface UnescapedRow {
  bytes: Buffer;
}

/**
 * Finds the values of the row of COPY data in text form at `start`, where they lie, or, if some are written with escapes, all of
 * them in `unescaped`. Returns where the next row begins. Throws `MalformedMessage` for a row of another number of columns.
 */
export const placeCopiedRow = (
  bytes: Buffer,
  start: number,
  columns: number,
  places: ValuePlaces,
  unescaped: UnescapedRow,
): number => {
  const { starts, ends } = places;
  const { length } = bytes;
  let at = start;
  for (let column = 0; ; column++) {
    if (column === columns) throw wrongColumns(at);
    const from = at;
    let byte = bytes[at];
    while (byte !== tab && byte !== newline && byte !== backslash && at < length) byte = bytes[++at];
    if (byte !== backslash) {
      starts[column] = from;
      ends[column] = at;
    } else if (at === from && bytes[at + 1] === nullLetter) {
      starts[column] = noValue.null;
      at += 2;
      byte = bytes[at];
      if (byte !== tab && byte !== newline) throw wrongColumns(at);
    } else return placeUnescaped(bytes, start, columns, places, unescaped);
    if (at >= length) throw new MalformedMessage(at, 'a row does not end');
    at += 1;
    if (byte === tab) continue;
    if (column !== columns - 1) throw wrongColumns(at);
    places.bytes = bytes;
    places.wire = 'text';
    return at;
  }
};

const placeUnescaped = (
  bytes: Buffer,
  start: number,
  columns: number,
  places: ValuePlaces,
  unescaped: UnescapedRow,
): number => {
  const { starts, ends } = places;
  // No escape holds a newline.
  const end = bytes.indexOf(newline, start);
  if (end < 0) throw new MalformedMessage(start, 'a row does not end');
  if (unescaped.bytes.length < end - start) unescaped.bytes = Buffer.allocUnsafeSlow(2 * (end - start));
  const target = unescaped.bytes;
  let column = 0;
  let to = 0;
  starts[0] = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === tab) {
      ends[column] = to;
      column += 1;
      starts[column] = to;
    } else if (byte !== backslash) target[to++] = byte;
    else {
      at += 1;
      const letter = bytes[at] ?? 0;
      if (at === end) throw new MalformedMessage(at, 'a row does not end');
      if (letter === nullLetter && starts[column] === to && (at + 1 === end || bytes[at + 1] === tab))
        starts[column] = noValue.null;
      else target[to++] = escapes[letter] ?? letter;
    }
  }
  ends[column] = to;
  if (column !== columns - 1) throw wrongColumns(end);
  places.bytes = target;
  places.wire = 'text';
  return end + 1;
};

import { MalformedMessage } from '../pgoutput/malformed-message.ts';
import { lengthSize, nextColumn, noLength, textFlag } from '../pgoutput/stored-row.ts';
import { int32At, tupleHeader } from '../pgoutput/tuple.ts';

export const tab = 0x09;
export const newline = 0x0a;
export const backslash = 0x5c;
export const nullLetter = 0x4e;

/** What stands for a control character behind a backslash (PostgreSQL manual, "COPY", Text Format). */
export const escapes: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11 };

export const wrongColumns = (at: number): MalformedMessage =>
  new MalformedMessage(at, 'a row has another number of columns');

/**
 * A row of COPY data in text form, from `start` to the newline before `end`, as rows of the log are stored.
 * Throws `MalformedMessage` for one of another number of columns.
 */
export const rowOfText = (bytes: Buffer, start: number, end: number, columns: number): Buffer => {
  const target = Buffer.allocUnsafe(tupleHeader + end - start + columns * lengthSize);
  target.writeUInt16BE(columns, 0);
  let filled = tupleHeader;
  let column = 0;
  let at = start;
  for (;;) {
    if (column === columns) throw wrongColumns(at);
    column += 1;
    if (bytes[at] === backslash && bytes[at + 1] === nullLetter) {
      filled = target.writeInt32BE(noLength.null, filled);
      at += 2;
    } else {
      const value = filled + lengthSize;
      let to = value;
      for (let byte = bytes[at]; byte !== tab && byte !== newline; byte = bytes[at]) {
        if (byte === backslash) {
          const letter = bytes[at + 1] ?? 0;
          target[to++] = escapes[letter] ?? letter;
          at += 2;
        } else {
          target[to++] = byte ?? 0;
          at += 1;
        }
        if (at >= end) throw new MalformedMessage(at, 'a row does not end');
      }
      target.writeInt32BE((to - value) | textFlag, filled);
      filled = to;
    }
    if (bytes[at++] === tab) continue;
    if (column !== columns || at !== end || bytes[at - 1] !== newline) throw wrongColumns(at);
    return target.subarray(0, filled);
  }
};

/**
 * Where the row of COPY data in binary form at `start` ends, before `end`: it is what the log's rows are stored as. Throws
 * `MalformedMessage` for one of another number of columns.
 */
export const binaryRowEnd = (bytes: Buffer, start: number, end: number, columns: number): number => {
  if (end - start < tupleHeader || bytes.readUInt16BE(start) !== columns) throw wrongColumns(start);
  let at = start + tupleHeader;
  for (let column = 0; column < columns; column++) {
    if (end - at < lengthSize) throw new MalformedMessage(at, 'a length runs past its end');
    const length = int32At(bytes, at);
    if (length < noLength.null || length >= textFlag || length > end - at - lengthSize)
      throw new MalformedMessage(at, 'a value runs past its end');
    at = nextColumn(bytes, at);
  }
  return at;
};

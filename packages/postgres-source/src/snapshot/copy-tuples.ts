import { MalformedMessage } from '../pgoutput/malformed-message.ts';
import { columnKind, tupleHeader, uint32At, valueHeader } from '../pgoutput/tuple.ts';

const tab = 0x09;
const newline = 0x0a;
const backslash = 0x5c;
const nullLetter = 0x4e;

/** What stands for a control character behind a backslash (PostgreSQL manual, "COPY", Text Format). */
const escapes: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11 };

const tuple = (bytes: number, columns: number): Buffer => {
  const target = Buffer.allocUnsafe(tupleHeader + bytes + columns * valueHeader);
  target.writeUInt16BE(columns, 0);
  return target;
};

const wrongColumns = (at: number): MalformedMessage => new MalformedMessage(at, 'a row has another number of columns');

/**
 * A row of COPY data in text form, from `start` to the newline before `end`, as the tuple that the log would hold of it.
 * Throws `MalformedMessage` for one of another number of columns.
 */
export const tupleOfText = (bytes: Buffer, start: number, end: number, columns: number): Buffer => {
  const target = tuple(end - start, columns);
  let filled = tupleHeader;
  let column = 0;
  let at = start;
  for (;;) {
    if (column === columns) throw wrongColumns(at);
    column += 1;
    if (bytes[at] === backslash && bytes[at + 1] === nullLetter) {
      target[filled++] = columnKind.null;
      at += 2;
    } else {
      const value = filled + valueHeader;
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
      target[filled] = columnKind.text;
      target.writeUInt32BE(to - value, filled + 1);
      filled = to;
    }
    if (bytes[at++] === tab) continue;
    if (column !== columns || at !== end || bytes[at - 1] !== newline) throw wrongColumns(at);
    return target.subarray(0, filled);
  }
};

const nullLength = 0xffff_ffff;

/** The same for one in binary form, which ends before `end`. Also says where it ends. */
export const tupleOfBinary = (
  bytes: Buffer,
  start: number,
  end: number,
  columns: number,
): { readonly tuple: Buffer; readonly end: number } => {
  if (end - start < 2 || bytes.readUInt16BE(start) !== columns) throw wrongColumns(start);
  let at = start + 2;
  let size = 0;
  for (let column = 0; column < columns; column++) {
    const length = end - at < 4 ? end : uint32At(bytes, at);
    at += 4;
    if (length === nullLength) continue;
    if (length > end - at) throw new MalformedMessage(at, 'a value runs past its end');
    at += length;
    size += length;
  }
  const target = tuple(size, columns);
  let filled = tupleHeader;
  let from = start + 2;
  for (let column = 0; column < columns; column++) {
    const length = uint32At(bytes, from);
    if (length === nullLength) {
      target[filled++] = columnKind.null;
      from += 4;
      continue;
    }
    target[filled] = columnKind.binary;
    bytes.copy(target, filled + 1, from, from + 4 + length);
    filled += valueHeader + length;
    from += 4 + length;
  }
  return { tuple: target.subarray(0, filled), end: at };
};

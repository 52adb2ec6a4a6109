import { MalformedMessage } from './malformed-message.ts';

/**
 * How a column stands in a tuple (PostgreSQL manual, "Logical Replication Message Formats", TupleData): a byte for
 * its kind, and for the last two a 32-bit length and the value.
 */
export const columnKind = { null: 0x6e, unchanged: 0x75, text: 0x74, binary: 0x62 } as const;

/** The bytes in front of a tuple's first column: their number. */
export const tupleHeader = 2;
/** The bytes in front of a value: its kind and its length. */
export const valueHeader = 5;

/**
 * The length of a value, only for offsets known to lie inside; negative for what can be none. Unsigned it would be
 * more than V8 keeps in place, and whatever is counted from it an object.
 */
export const lengthAt = (bytes: Buffer, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);

/**
 * Where the tuple at `start` ends. Throws `MalformedMessage` unless it has exactly `columns` columns of known kinds,
 * all before `end`: whoever reads it again needs no checks.
 */
export const tupleEnd = (bytes: Buffer, start: number, end: number, columns: number): number => {
  if (end - start < tupleHeader) throw new MalformedMessage(start, 'a tuple runs past its end');
  const count = ((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0);
  if (count !== columns) throw new MalformedMessage(start, `a tuple has ${count} columns, its table ${columns}`);
  let at = start + tupleHeader;
  for (let column = 0; column < columns; column++) {
    const kind = at < end ? bytes[at] : undefined;
    if (kind === columnKind.text || kind === columnKind.binary) {
      if (end - at < valueHeader) throw new MalformedMessage(at, 'a length runs past its end');
      const length = lengthAt(bytes, at + 1);
      if (length < 0 || length > end - at - valueHeader) throw new MalformedMessage(at, 'a value runs past its end');
      at += valueHeader + length;
    } else if (kind === columnKind.null || kind === columnKind.unchanged) {
      at += 1;
    } else {
      throw new MalformedMessage(at, kind === undefined ? 'a tuple runs past its end' : 'a column has an unknown kind');
    }
  }
  return at;
};

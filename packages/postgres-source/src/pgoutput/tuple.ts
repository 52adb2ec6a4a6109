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
 * A signed 32-bit number, only for offsets known to lie inside. Lengths are read by it too: unsigned they would be more
 * than V8 keeps in place, and whatever is counted from them an object.
 */
export const int32At = (bytes: Buffer, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);

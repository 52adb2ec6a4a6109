import { int32At } from './tuple.ts';

/*
 * How a batch holds a row: as COPY's binary format has it (PostgreSQL manual, COPY, "Binary Format"), the number of
 * columns in 16 bits, and for each the length of its value in 32 bits and the value. A row of nothing but binary values
 * and NULLs can be copied on as it is. Other lengths stand for what only the log has.
 */

/** The bytes in front of a value. */
export const lengthSize = 4;

/** Lengths of what has no value. */
export const noLength = { null: -1, unchanged: -2 } as const;

/** Is set in the length of a value that came as text: none is that long. */
export const textFlag = 0x4000_0000;

/** How long the value is whose length, not negative, stands in the row as `stored`. */
export const lengthOf = (stored: number): number => stored & ~textFlag;

/** Where the next column begins. */
export const nextColumn = (bytes: Buffer, at: number): number => {
  const stored = int32At(bytes, at);
  return at + lengthSize + (stored < 0 ? 0 : lengthOf(stored));
};

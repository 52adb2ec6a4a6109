import { ValueReader } from './value-reader.ts';

/**
 * The text the server would have sent for a value, from its binary form between `start` and `end` (what the `send`
 * function of its type writes). Throws `MalformedValue` for bytes that are no such value, and never reads outside.
 */
export type BinaryText = (bytes: Buffer, start: number, end: number) => string;

/** A form of several fields, read by `read` to the last byte. */
export const fields =
  (read: (reader: ValueReader) => unknown): BinaryText =>
  (bytes, start, end) => {
    const reader = new ValueReader(bytes, start, end);
    const text = String(read(reader));
    reader.finish();
    return text;
  };

/** A form that is the text itself, in the encoding of the connection. */
export const utf8: BinaryText = (bytes, start, end) => bytes.toString('utf8', start, end);

import { inflateSync } from 'node:zlib';
import { binlogError } from './binlog-errors.ts';
import type { EventReader } from './event-reader.ts';
import { MalformedEvent } from './malformed-event.ts';

/** zlib makes at most this much of one byte: what an event claims beyond is not believed. */
const largestRatio = 1_032;

export interface Bytes {
  readonly body: Buffer;
  readonly start: number;
  readonly end: number;
}

export const tooLarge = (size: number, limit: number): Error =>
  binlogError(
    'BINLOG_TRANSACTION_TOO_LARGE',
    `A compressed event of the binlog takes ${size} bytes; ${limit} are allowed`,
    {
      details: { size, limit },
    },
  );

/**
 * Inflates the rest of an event of MariaDB's with `log_bin_compress`: a byte with the method and the length of the size,
 * the size with its high byte first, and zlib's stream.
 */
export const inflateBody = (reader: EventReader, limit: number): Bytes => {
  const header = reader.uint8();
  const sizeLength = header & 0x07;
  if ((header & 0xf0) !== 0x80 || sizeLength < 1 || sizeLength > 4)
    throw new MalformedEvent(`it is compressed in an unknown way: ${header}`);
  const size = reader.view(sizeLength).readUIntBE(0, sizeLength);
  if (size > limit) throw tooLarge(size, limit);
  if (size > reader.left * largestRatio) throw new MalformedEvent('it claims to be larger than it can be');
  const body = inflated(reader.view(reader.left), size);
  if (body.length !== size) throw new MalformedEvent(`it holds ${body.length} bytes and claims ${size}`);
  return { body, start: 0, end: size };
};

const inflated = (bytes: Buffer, size: number): Buffer => {
  try {
    return inflateSync(bytes, { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw new MalformedEvent(`it cannot be inflated: ${error instanceof Error ? error.message : String(error)}`);
  }
};

import * as zlib from 'node:zlib';
import { decompress } from 'fzstd';
import { type Bytes, tooLarge } from './compressed-body.ts';
import type { EventReader } from './event-reader.ts';
import { MalformedEvent } from './malformed-event.ts';

const field = { end: 0, size: 1, compression: 2, uncompressedSize: 3 };
const compression = { zstd: 0, none: 255 };

/** Node has it from 22.15 on. */
const { zstdDecompressSync } = zlib as {
  zstdDecompressSync?: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;
};

/**
 * The events of a whole transaction, without checksums, that a transaction payload event carries. It takes the memory
 * that the event says, and nothing if that is above `limit`: then `BINLOG_TRANSACTION_TOO_LARGE`.
 */
export const readTransactionPayload = (reader: EventReader, limit: number): Bytes => {
  let size = 0;
  let kind: number = compression.zstd;
  let uncompressedSize = 0;
  for (let type = reader.packed(); type !== field.end; type = reader.packed()) {
    const value = reader.part(reader.packed());
    if (type === field.size) size = value.packed();
    else if (type === field.compression) kind = value.packed();
    else if (type === field.uncompressedSize) uncompressedSize = value.packed();
  }
  if (size !== reader.left) throw new MalformedEvent(`it has ${reader.left} bytes and claims ${size}`);
  if (kind === compression.none) return { body: reader.bytes, start: reader.offset, end: reader.end };
  if (kind !== compression.zstd) throw new MalformedEvent(`it is compressed in an unknown way: ${kind}`);
  if (uncompressedSize > limit) throw tooLarge(uncompressedSize, limit);
  const body = decompressed(reader.view(size), uncompressedSize);
  if (body.length !== uncompressedSize)
    throw new MalformedEvent(`it holds ${body.length} bytes and claims ${uncompressedSize}`);
  return { body, start: 0, end: body.length };
};

const decompressed = (bytes: Buffer, size: number): Buffer => {
  try {
    if (zstdDecompressSync !== undefined) return zstdDecompressSync(bytes, { maxOutputLength: Math.max(size, 1) });
    const target = Buffer.alloc(size);
    decompress(bytes, target);
    return target;
  } catch (error) {
    throw new MalformedEvent(`it cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`);
  }
};

import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const longHeaderFlag = 0x0002;
const walIdentifierOffset = 24;

/**
 * Gives the data directory of a cleanly stopped server a system identifier of its own, as if
 * `initdb` had made it. Copies of one data directory would otherwise pass for the same server, and
 * a consumer that checks the identity of its source could not tell them apart.
 */
export async function assignSystemIdentifier(dataDirectory: string): Promise<void> {
  const path = join(dataDirectory, 'global/pg_control');
  const control = await readFile(path);
  const previous = control.readBigUInt64LE(0);
  const identifier = randomBytes(8).readBigUInt64LE() >> 1n;
  const checksumOffset = findChecksum(control);
  control.writeBigUInt64LE(identifier, 0);
  control.writeUInt32LE(crc32c(control.subarray(0, checksumOffset)), checksumOffset);
  await writeFile(path, control);

  const wal = join(dataDirectory, 'pg_wal');
  for (const segment of await readdir(wal)) {
    if (/^[0-9A-F]{24}$/.test(segment)) await assignToSegment(join(wal, segment), previous, identifier);
  }
}

async function assignToSegment(path: string, previous: bigint, identifier: bigint): Promise<void> {
  await using segment = await open(path, 'r+');
  const header = Buffer.alloc(walIdentifierOffset + 8);
  await segment.read(header, 0, header.length, 0);
  const isHeader = (header.readUInt16LE(2) & longHeaderFlag) !== 0;
  if (!isHeader || header.readBigUInt64LE(walIdentifierOffset) !== previous) return;
  header.writeBigUInt64LE(identifier, walIdentifierOffset);
  await segment.write(header, 0, header.length, 0);
}

/** The checksum ends the structure, whose length differs between versions: it is where it fits. */
function findChecksum(control: Buffer): number {
  for (let offset = 200; offset < 512; offset += 4) {
    if (crc32c(control.subarray(0, offset)) === control.readUInt32LE(offset)) return offset;
  }
  throw new Error('pg_control holds no checksum where one is expected');
}

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

import { crc32 } from 'node:zlib';
import { eventFlag } from './event-header.ts';
import { MalformedEvent } from './malformed-event.ts';

export const checksumLength = 4;

const lowFlags = 17;

/** The CRC-32 of whatever ends with its own CRC-32. */
const residue = 0x2144_df1c;

/** Whether the event ends with the CRC-32 of what is before. */
export const hasChecksum = (bytes: Buffer, start: number, end: number): boolean => {
  if (end - start <= checksumLength) return false;
  return crc32(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)) === residue;
};

/** Throws if the event does not end with its CRC-32. */
export const verifyChecksum = (bytes: Buffer, start: number, end: number): void => {
  if (!hasChecksum(bytes, start, end)) throw new MalformedEvent('its checksum is wrong', 'BINLOG_CORRUPT');
};

/** The same for a format description, of which the checksum counts the file as closed. */
export const verifyFormatChecksum = (bytes: Buffer, start: number, end: number): void => {
  const closed = Buffer.from(bytes.subarray(start, end));
  closed.writeUInt8(closed.readUInt8(lowFlags) & ~eventFlag.inUse, lowFlags);
  verifyChecksum(closed, 0, closed.length);
};

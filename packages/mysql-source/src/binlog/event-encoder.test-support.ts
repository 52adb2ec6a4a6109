import { crc32 } from 'node:zlib';
import { eventType } from './event-type.ts';

interface EventParts {
  readonly type: number;
  readonly body?: Buffer;
  readonly logPosition?: number;
  readonly flags?: number;
  readonly checksum?: boolean;
}

/** An event as a server of number 7 writes it, with a checksum unless that is not wanted. */
export const encodeEvent = ({
  type,
  body = Buffer.alloc(0),
  logPosition = 0,
  flags = 0,
  checksum = true,
}: EventParts): Buffer => {
  const event = Buffer.alloc(19 + body.length + (checksum ? 4 : 0));
  event.writeUInt32LE(1_700_000_000, 0);
  event.writeUInt8(type, 4);
  event.writeUInt32LE(7, 5);
  event.writeUInt32LE(event.length, 9);
  event.writeUInt32LE(logPosition, 13);
  event.writeUInt16LE(flags, 17);
  body.copy(event, 19);
  return checksum ? withChecksum(event) : event;
};

/** The same event with the checksum that it must have. */
export const withChecksum = (event: Buffer): Buffer => {
  const copy = Buffer.from(event);
  copy.writeUInt32LE(crc32(copy.subarray(0, copy.length - 4)), copy.length - 4);
  return copy;
};

export const encodeRotate = (file: string, offset: bigint, rest: Partial<EventParts> = { flags: 0x20 }): Buffer => {
  const body = Buffer.alloc(8 + file.length);
  body.writeBigUInt64LE(offset, 0);
  body.write(file, 8);
  return encodeEvent({ type: eventType.rotate, body, ...rest });
};

/** The format of a server of MySQL or MariaDB; without checksums in other events where `checksums` says so. */
export const encodeFormat = (
  version: string,
  logPosition: number = 0,
  checksums: boolean = true,
  created: number = 0,
): Buffer => {
  const lengths = Buffer.alloc(40);
  const body = Buffer.alloc(2 + 50 + 4 + 1 + lengths.length + 1);
  body.writeUInt16LE(4, 0);
  body.write(version, 2);
  body.writeUInt32LE(created, 52);
  body.writeUInt8(19, 56);
  body.writeUInt8(checksums ? 1 : 0, body.length - 1);
  return encodeEvent({ type: eventType.formatDescription, body, logPosition });
};

export const xidEvent = (logPosition: number, checksum: boolean = true): Buffer =>
  encodeEvent({ type: eventType.xid, body: Buffer.alloc(8), logPosition, checksum });

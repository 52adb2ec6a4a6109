import { MalformedEvent } from './malformed-event.ts';

/** Bytes of the header of an event, in every version that is read. */
export const headerLength = 19;

export interface EventHeader {
  readonly timestamp: number;
  readonly type: number;
  readonly serverId: number;
  readonly length: number;
  /** The lower 32 bits of where it ends; 0 for what is in no log. */
  readonly logPosition: number;
  readonly flags: number;
}

/** Flags of an event. */
export const eventFlag = {
  /** Of a format description: the file has not been closed. Its checksum does not count this. */
  inUse: 0x01,
  /** The server makes it up for this connection. */
  artificial: 0x20,
  /** Who does not know the type may pass it over. */
  ignorable: 0x80,
} as const;

/** Reads the header of the event at `start`, which must end at `end` or before. */
export const readHeader = (bytes: Buffer, start: number, end: number): EventHeader => {
  if (end - start < headerLength) throw new MalformedEvent(`it has ${end - start} bytes`, 'BINLOG_CORRUPT');
  const length = bytes.readUInt32LE(start + 9);
  if (length < headerLength || length > end - start)
    throw new MalformedEvent(`it has ${end - start} bytes and claims ${length}`, 'BINLOG_CORRUPT');
  return {
    timestamp: bytes.readUInt32LE(start),
    type: bytes.readUInt8(start + 4),
    serverId: bytes.readUInt32LE(start + 5),
    length,
    logPosition: bytes.readUInt32LE(start + 13),
    flags: bytes.readUInt16LE(start + 17),
  };
};

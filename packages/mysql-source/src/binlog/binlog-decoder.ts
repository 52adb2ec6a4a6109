import { binlogError } from './binlog-errors.ts';
import type { BinlogEvent, BinlogPlace } from './binlog-event.ts';
import { checksumLength, hasChecksum, verifyChecksum, verifyFormatChecksum } from './checksum.ts';
import { EventBodies } from './event-bodies.ts';
import { type EventHeader, eventFlag, headerLength, readHeader } from './event-header.ts';
import { EventReader } from './event-reader.ts';
import { eventType } from './event-type.ts';
import { readFormatDescription } from './format-description.ts';
import { readHeartbeat, readHeartbeatV2 } from './heartbeat-event.ts';
import { LogPlace } from './log-place.ts';
import { MalformedEvent } from './malformed-event.ts';
import { readTransactionPayload } from './transaction-payload.ts';

export interface BinlogDecoderOptions {
  /** Where the first event lies, when no rotate event will say that, as in a file. */
  readonly place?: BinlogPlace;
  /** The most bytes that a compressed event or transaction may take; 1 GiB by default, which is what servers allow. */
  readonly maxUncompressedBytes?: number;
}

const serversLimit = 0x4000_0000;

/**
 * Turns the events of one dump connection, or those behind the first 4 bytes of a file, into `BinlogEvent`s (MySQL source
 * documentation, "Binary log event"). Pure: it waits for nothing. Rows that it gives lie in the memory of the packet,
 * which must not be written to again.
 *
 * Throws the errors of `binlogErrors`. After any error no input is accepted any more.
 */
export class BinlogDecoder {
  readonly #place: LogPlace;
  readonly #limit: number;
  readonly #bodies: EventBodies;
  #headerLength = headerLength;
  #checksums = false;
  #failure: unknown = null;

  constructor({ place, maxUncompressedBytes = serversLimit }: BinlogDecoderOptions = {}) {
    this.#place = new LogPlace(place ?? null);
    this.#limit = maxUncompressedBytes;
    this.#bodies = new EventBodies(maxUncompressedBytes);
  }

  /** Where the last event of the log ended; `null`: nothing has said yet in which file one reads. */
  get place(): BinlogPlace | null {
    return this.#place.current;
  }

  /**
   * Takes one event, which lies between `start` and `end`: what the server sends behind the first byte of a packet. Gives
   * one, or those of a compressed transaction.
   */
  decode(packet: Buffer, start: number = 0, end: number = packet.length): readonly BinlogEvent[] {
    if (this.#failure !== null) throw this.#failure;
    try {
      return this.#event(packet, start, end);
    } catch (error) {
      this.#failure = error instanceof MalformedEvent ? this.#described(error, packet[start + 4]) : error;
      throw this.#failure;
    }
  }

  #event(packet: Buffer, start: number, end: number): readonly BinlogEvent[] {
    const header = readHeader(packet, start, end);
    if (header.length !== end - start)
      throw new MalformedEvent(`it has ${end - start} bytes and claims ${header.length}`, 'BINLOG_CORRUPT');
    const bodyEnd = end - this.#checksumLength(header, packet, start, end);
    const place = this.#passed(header);
    const { timestamp, type } = header;
    const reader = new EventReader(packet, start + this.#headerLength, bodyEnd);
    switch (type) {
      case eventType.formatDescription:
        return [this.#format(header, new EventReader(packet, start + headerLength, end), place)];
      case eventType.rotate:
        return [this.#rotate(timestamp, reader, place)];
      case eventType.heartbeat:
        return [this.#heartbeat(timestamp, readHeartbeat(reader, header.logPosition, this.#place))];
      case eventType.heartbeatV2:
        return [this.#heartbeat(timestamp, readHeartbeatV2(reader))];
      case eventType.transactionPayload:
        return this.#transaction(reader, place);
      default:
        return [this.#bodies.read(header, reader, place)];
    }
  }

  /** Verifies the checksum, and tells how many bytes it takes at the end. */
  #checksumLength({ type, flags }: EventHeader, packet: Buffer, start: number, end: number): number {
    if (type === eventType.formatDescription) return checksumLength;
    // Made up before the format of its file is known, with a checksum or without.
    if (type === eventType.rotate && (flags & eventFlag.artificial) !== 0)
      return hasChecksum(packet, start, end) ? checksumLength : 0;
    if (!this.#checksums) return 0;
    verifyChecksum(packet, start, end);
    return checksumLength;
  }

  /** Where an event of the log ends. */
  #passed({ type, flags, length, logPosition }: EventHeader): BinlogPlace | null {
    if ((flags & eventFlag.artificial) !== 0) return null;
    if (type === eventType.heartbeat || type === eventType.heartbeatV2) return null;
    // Where reading begins in the middle of a file, its format is said again.
    if (type === eventType.formatDescription && logPosition === 0) return null;
    return this.#place.pass(length, logPosition);
  }

  #format({ timestamp }: EventHeader, reader: EventReader, place: BinlogPlace | null): BinlogEvent {
    const start = reader.offset - headerLength;
    const format = readFormatDescription(reader);
    if (format.checksums) verifyFormatChecksum(reader.bytes, start, reader.end);
    this.#headerLength = format.headerLength;
    this.#checksums = format.checksums;
    this.#bodies.begin(format.mariadb);
    const { serverVersion, created } = format;
    return { timestamp, place, kind: 'format-description', serverVersion, created };
  }

  #rotate(timestamp: number, reader: EventReader, place: BinlogPlace | null): BinlogEvent {
    const offset = reader.number64();
    const file = reader.utf8(reader.left);
    if (file === '') throw new MalformedEvent('it names no file');
    this.#place.moveTo(file, offset);
    return { timestamp, place, kind: 'rotate', file, offset };
  }

  #heartbeat(timestamp: number, at: BinlogPlace): BinlogEvent {
    this.#place.reach(at);
    return { timestamp, place: null, kind: 'heartbeat', at };
  }

  #transaction(payload: EventReader, place: BinlogPlace | null): readonly BinlogEvent[] {
    const { body, start, end: bodyEnd } = readTransactionPayload(payload, this.#limit);
    const events: BinlogEvent[] = [];
    for (let at = start; at < bodyEnd; ) {
      const header = readHeader(body, at, bodyEnd);
      const next = at + header.length;
      const reader = new EventReader(body, at + this.#headerLength, next);
      events.push(this.#bodies.read(header, reader, next === bodyEnd ? place : null));
      at = next;
    }
    return events;
  }

  #described({ code, message }: MalformedEvent, type: number | undefined): Error {
    const place = this.#place.current;
    const where = place === null ? 'the binlog' : `${place.file} behind ${place.offset}`;
    return binlogError(code, `Cannot decode an event of type ${type} in ${where}: ${message}`, {
      details: { type, ...place },
    });
  }
}

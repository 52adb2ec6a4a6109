import type { EventReader } from './event-reader.ts';
import { eventType } from './event-type.ts';
import { MalformedEvent } from './malformed-event.ts';

/** What a format description event says of the events behind it. */
export interface LogFormat {
  readonly serverVersion: string;
  readonly mariadb: boolean;
  /** In seconds since 1970, of the first file behind a start of the server; 0 for others. */
  readonly created: number;
  /** Each event ends with its CRC-32. */
  readonly checksums: boolean;
  /** Bytes of the header of an event. */
  readonly headerLength: number;
}

const versionLength = 50;
const checksumBytes = 4;

/** Bytes of the part of fixed length behind the header, of the types that are read; 0 where a server has no such type. */
const knownLengths: readonly (readonly [number, number])[] = [
  [eventType.query, 13],
  [eventType.rotate, 8],
  [eventType.tableMap, 8],
  [eventType.writeRowsV1, 8],
  [eventType.updateRowsV1, 8],
  [eventType.deleteRowsV1, 8],
  [eventType.writeRows, 10],
  [eventType.updateRows, 10],
  [eventType.deleteRows, 10],
  [eventType.gtid, 42],
  [eventType.partialUpdateRows, 10],
  [eventType.mariadbGtid, 19],
  [eventType.queryCompressed, 13],
  [eventType.writeRowsCompressedV1, 8],
  [eventType.updateRowsCompressedV1, 8],
  [eventType.deleteRowsCompressedV1, 8],
  [eventType.writeRowsCompressed, 10],
  [eventType.updateRowsCompressed, 10],
  [eventType.deleteRowsCompressed, 10],
];

/** Reads the event behind its header. It ends with a checksum in any case. */
export const readFormatDescription = (reader: EventReader): LogFormat => {
  const logVersion = reader.uint16();
  if (logVersion !== 4) throw new MalformedEvent(`the format of the log is version ${logVersion}`);
  const serverVersion = reader.utf8(versionLength).replace(/\0.*$/s, '');
  const created = reader.uint32();
  const headerLength = reader.uint8();
  if (headerLength < 19) throw new MalformedEvent(`headers of ${headerLength} bytes`);
  const fixedLengths = reader.view(reader.left - checksumBytes - 1);
  for (const [type, length] of knownLengths) {
    const said = fixedLengths[type - 1] ?? 0;
    if (said !== 0 && said !== length) throw new MalformedEvent(`events of type ${type} have a form that is unknown`);
  }
  const algorithm = reader.uint8();
  if (algorithm > 1) throw new MalformedEvent(`checksums of kind ${algorithm}`);
  return {
    serverVersion,
    mariadb: /mariadb/i.test(serverVersion),
    created,
    checksums: algorithm === 1,
    headerLength,
  };
};

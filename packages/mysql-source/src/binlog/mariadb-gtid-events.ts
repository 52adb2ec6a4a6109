import type { EventBody } from './binlog-event.ts';
import type { EventReader } from './event-reader.ts';

const flag = { standalone: 0x01, groupCommit: 0x02, preparedXa: 0x40, completedXa: 0x80 };
const extraFlag = { startAlter: 0x02, rollbackAlter: 0x08 };

/** Reads MariaDB's GTID event behind its header, which names the server. */
export const readMariadbGtidEvent = (reader: EventReader, serverId: number): EventBody<'gtid'> => {
  const number = reader.uint64();
  const domain = reader.uint32();
  const flags = reader.uint8();
  return {
    kind: 'gtid',
    gtid: `${domain}-${serverId}-${number}`,
    commitTime: null,
    standalone: (flags & flag.standalone) !== 0,
    withoutEffect: (readExtraFlags(reader, flags) & (extraFlag.startAlter | extraFlag.rollbackAlter)) !== 0,
    prepared: (flags & flag.preparedXa) !== 0,
  };
};

/** They follow what the first flags announce; 0 where zeros fill the event up. */
const readExtraFlags = (reader: EventReader, flags: number): number => {
  if ((flags & flag.groupCommit) !== 0) reader.skip(8);
  if ((flags & (flag.preparedXa | flag.completedXa)) !== 0) {
    reader.skip(4);
    const global = reader.uint8();
    reader.skip(reader.uint8() + global);
  }
  return reader.left > 0 ? reader.uint8() : 0;
};

/** The upper bits are flags. */
const countMask = 0x0fff_ffff;

/**
 * Reads the list of GTIDs at the beginning of a file of MariaDB's as a GTID position: of each domain the last one, which
 * stands behind those of other servers.
 */
export const readGtidList = (reader: EventReader): string => {
  const last = new Map<number, string>();
  for (let left = reader.uint32() & countMask; left > 0; left--) {
    const domain = reader.uint32();
    const server = reader.uint32();
    last.set(domain, `${domain}-${server}-${reader.uint64()}`);
  }
  return [...last.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, gtid]) => gtid)
    .join(',');
};

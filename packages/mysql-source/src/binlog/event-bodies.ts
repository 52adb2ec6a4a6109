import { binlogError } from './binlog-errors.ts';
import type { BinlogEvent, BinlogPlace } from './binlog-event.ts';
import { type EventHeader, eventFlag } from './event-header.ts';
import type { EventReader } from './event-reader.ts';
import { eventType } from './event-type.ts';
import { readGtidEvent, readTaggedGtidEvent } from './gtid-events.ts';
import { MalformedEvent } from './malformed-event.ts';
import { readGtidList, readMariadbGtidEvent } from './mariadb-gtid-events.ts';
import { readGtidSet } from './previous-gtids.ts';
import { readQueryEvent } from './query-event.ts';
import { readRowsEvent, rowsForm } from './rows-event.ts';
import { TableMapCache } from './table-map-cache.ts';
import { readXaPrepare } from './xa-id.ts';

/** Reads the events that transactions are made of, wherever they lie. */
export class EventBodies {
  readonly #limit: number;
  readonly #tableMaps = new TableMapCache();

  /** `limit`: the most bytes that one may take uncompressed. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A format description has come. */
  begin(mariadb: boolean): void {
    this.#tableMaps.clear(mariadb);
  }

  read(header: EventHeader, reader: EventReader, place: BinlogPlace | null): BinlogEvent {
    const { timestamp, type } = header;
    switch (type) {
      case eventType.tableMap:
        return { timestamp, place, kind: 'table-map', map: this.#tableMaps.read(reader) };
      case eventType.xid:
        return { timestamp, place, kind: 'xid' };
      case eventType.query:
      case eventType.queryCompressed:
        return { timestamp, place, ...readQueryEvent(reader, type === eventType.queryCompressed, this.#limit) };
      case eventType.gtid:
      case eventType.anonymousGtid:
        return { timestamp, place, ...readGtidEvent(reader, type === eventType.anonymousGtid) };
      case eventType.gtidTagged:
        return { timestamp, place, ...readTaggedGtidEvent(reader) };
      case eventType.mariadbGtid:
        return { timestamp, place, ...readMariadbGtidEvent(reader, header.serverId) };
      case eventType.previousGtids:
        return { timestamp, place, kind: 'previous-gtids', set: readGtidSet(reader) };
      case eventType.mariadbGtidList:
        // What the server makes up says where the connection stands, not what the file begins with.
        if (place === null) return { timestamp, place, kind: 'ignored', type };
        return { timestamp, place, kind: 'previous-gtids', set: readGtidList(reader) };
      case eventType.xaPrepare:
        return { timestamp, place, kind: 'xa-prepare', ...readXaPrepare(reader) };
      default:
        return this.#rows(header, reader, place) ?? withoutRows(header, place);
    }
  }

  #rows({ timestamp, type }: EventHeader, reader: EventReader, place: BinlogPlace | null): BinlogEvent | null {
    const form = rowsForm(type);
    if (form === undefined) return null;
    const rows = readRowsEvent(form, reader, this.#limit);
    return rows === null ? { timestamp, place, kind: 'ignored', type } : { timestamp, place, ...rows };
  }
}

const withoutRows = ({ timestamp, type, flags }: EventHeader, place: BinlogPlace | null): BinlogEvent => {
  switch (type) {
    // Parts of LOAD DATA.
    case eventType.load:
    case eventType.newLoad:
    case eventType.createFile:
    case eventType.execLoad:
    case eventType.deleteFile:
    case eventType.appendBlock:
    case eventType.beginLoadQuery:
    case eventType.executeLoadQuery:
      throw binlogError('STATEMENT_LOGGED', 'The binlog holds a statement instead of the rows that it changed', {
        hint: "SET GLOBAL binlog_format = 'ROW', and let sessions that began before end",
        details: { type, ...place },
      });
    case eventType.incident:
      throw binlogError('LOG_INCIDENT', 'The server wrote into its binlog that changes are missing from it', {
        details: { type, ...place },
      });
    // Values for the statement behind them, which says whether they matter: ANALYZE TABLE of MariaDB takes random ones.
    case eventType.intvar:
    case eventType.rand:
    case eventType.userVar:
    case eventType.stop:
    case eventType.slave:
    case eventType.ignorable:
    case eventType.rowsQuery:
    case eventType.transactionContext:
    case eventType.viewChange:
    case eventType.annotateRows:
    case eventType.binlogCheckpoint:
    // Files may be encrypted; the server decrypts what it sends.
    case eventType.startEncryption:
      return { timestamp, place, kind: 'ignored', type };
    default:
      if ((flags & eventFlag.ignorable) !== 0) return { timestamp, place, kind: 'ignored', type };
      throw new MalformedEvent('its type is unknown');
  }
};

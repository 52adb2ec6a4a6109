import type { BinlogPlace } from '../binlog/binlog-event.ts';

/** From where a server sends its log. */
export type DumpStart =
  /** MySQL with GTIDs: everything that is not in the set, as `gtid_executed` writes it. */
  | { readonly kind: 'gtid-set'; readonly set: string }
  /** MariaDB: in each domain what comes behind the GTID named, `0-1-100,1-1-5`; all of a domain that is not named. */
  | { readonly kind: 'gtid-position'; readonly position: string }
  /** The events from this place of one server's files on. */
  | { readonly kind: 'place'; readonly place: BinlogPlace };

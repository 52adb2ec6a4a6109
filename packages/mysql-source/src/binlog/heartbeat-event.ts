import type { BinlogPlace } from './binlog-event.ts';
import type { EventReader } from './event-reader.ts';
import type { LogPlace } from './log-place.ts';
import { MalformedEvent } from './malformed-event.ts';

const field = { end: 0, file: 1, offset: 2 };

/** Reads a heartbeat behind its header; MariaDB puts an offset that the header cannot say before the file. */
export const readHeartbeat = (reader: EventReader, logPosition: number, place: LogPlace): BinlogPlace => {
  const offset = logPosition === 0 ? reader.number64() : null;
  const file = reader.utf8(reader.left);
  return offset === null ? place.at(file, logPosition) : { file, offset };
};

/** Reads a heartbeat of MySQL 8.0.26 and later behind its header. */
export const readHeartbeatV2 = (reader: EventReader): BinlogPlace => {
  let file = '';
  let offset = 0;
  for (let type = reader.packed(); type !== field.end; type = reader.packed()) {
    const value = reader.part(reader.packed());
    if (type === field.file) file = value.utf8(value.left);
    else if (type === field.offset) offset = value.packed();
  }
  if (file === '' || offset === 0) throw new MalformedEvent('it names no place');
  return { file, offset };
};

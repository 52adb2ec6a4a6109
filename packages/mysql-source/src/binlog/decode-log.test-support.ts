import { BinlogDecoder } from './binlog-decoder.ts';
import type { BinlogEvent } from './binlog-event.ts';

const magicLength = 4;

/** Where each event of a file lies. */
export const eventBounds = (log: Buffer): { start: number; end: number }[] => {
  const bounds: { start: number; end: number }[] = [];
  for (let start = magicLength; start < log.length; ) {
    const end = start + log.readUInt32LE(start + 9);
    bounds.push({ start, end });
    start = end;
  }
  return bounds;
};

/** Decodes a whole file. */
export const decodeLog = (log: Buffer, file: string = 'bin.000004'): BinlogEvent[] => {
  const decoder = new BinlogDecoder({ place: { file, offset: magicLength } });
  return eventBounds(log).flatMap(({ start, end }) => decoder.decode(log, start, end));
};

/** An event in one line. */
export const inOneLine = (event: BinlogEvent): string => {
  switch (event.kind) {
    case 'gtid':
      return `gtid ${event.gtid}${event.standalone ? ' standalone' : ''}${event.withoutEffect ? ' without effect' : ''}`;
    case 'query':
      return `query ${event.schema}: ${event.sql}`;
    case 'table-map':
      return `table-map ${event.map.schema}.${event.map.table} ${event.map.columns.map(({ name }) => name)}`;
    case 'rows':
      return `${event.operation} ${event.body.toString('hex', event.start, event.end)}`;
    case 'xa-prepare':
      return `xa-prepare ${event.xid}${event.onePhase ? ' one phase' : ''}`;
    case 'previous-gtids':
      return `previous-gtids ${event.set}`;
    case 'rotate':
      return `rotate ${event.file}:${event.offset}`;
    case 'format-description':
      return `format-description ${event.serverVersion}`;
    case 'heartbeat':
      return `heartbeat ${event.at.file}:${event.at.offset}`;
    case 'ignored':
      return `ignored ${event.type}`;
    case 'xid':
      return 'xid';
  }
};

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangeBatch, Transaction } from '@millrace/core';
import type { MysqlServer } from '../../../../test/harness/index.ts';
import { BinlogDecoder } from '../binlog/binlog-decoder.ts';
import type { BinlogEvent } from '../binlog/binlog-event.ts';
import type { TableMap } from '../binlog/table-map.ts';
import type { TableDefinition } from '../schema/table-definition.ts';
import { BatchDraft } from './batch-draft.ts';
import { definitionOf } from './definition-of.ts';
import { type TableFormatOptions, tableFormat } from './table-format.ts';

const magic = 4;
/** Where the length of an event stands in its header. */
const lengthAt = 9;

/** Every event in the binlogs of a server, which must be idle. */
export const loggedEvents = async (server: MysqlServer): Promise<readonly BinlogEvent[]> => {
  const names = (await readdir(server.dataDirectory)).filter((name) => /\.\d{6}$/.test(name)).sort();
  const events: BinlogEvent[] = [];
  for (const file of names) {
    const bytes = await readFile(join(server.dataDirectory, file));
    const decoder = new BinlogDecoder({ place: { file, offset: magic } });
    for (let at = magic; at < bytes.length; ) {
      const end = at + bytes.readUInt32LE(at + lengthAt);
      events.push(...decoder.decode(bytes, at, end));
      at = end;
    }
  }
  return events;
};

const transaction: Transaction = { id: 'test', position: 'test', commitTime: 0 };

export interface LoggedOptions extends Partial<TableFormatOptions> {
  /** Instead of what the log says of the table. */
  readonly definition?: (map: TableMap) => TableDefinition | null;
}

/** The rows of one table, in one batch. */
export const loggedRows = (
  events: readonly BinlogEvent[],
  table: string,
  { definition = definitionOf, version = 1, ...options }: LoggedOptions = {},
): ChangeBatch => {
  const draft = new BatchDraft({ maxChanges: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY });
  const maps = new Map<number, TableMap>();
  let sequence = 0;
  for (const event of events) {
    if (event.kind === 'table-map') maps.set(event.map.tableId, event.map);
    if (event.kind !== 'rows') continue;
    const map = maps.get(event.tableId);
    if (map?.table !== table) continue;
    const defined = definition(map);
    if (defined === null) throw new Error(`The log says too little of ${table}`);
    draft.add(event, tableFormat(map, defined, { version, ...options }), transaction, sequence);
    sequence = draft.length;
  }
  return draft.finish({ position: 'test' });
};

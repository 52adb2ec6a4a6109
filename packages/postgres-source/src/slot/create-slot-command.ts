import { quoteIdentifier } from '@millrace/postgres-client';

export interface SlotCommand {
  readonly serverVersion: number;
  readonly slot: string;
  readonly failover: boolean;
  readonly exportSnapshot: boolean;
  /** The server drops it with the connection that made it. */
  readonly temporary: boolean;
}

/**
 * Makes a slot for `pgoutput` (PostgreSQL manual, "CREATE_REPLICATION_SLOT"). Up to PostgreSQL 14 its options were
 * words of their own.
 */
export const createSlotCommand = (command: SlotCommand): string => {
  const { serverVersion, slot, failover, exportSnapshot, temporary } = command;
  const create = `CREATE_REPLICATION_SLOT ${quoteIdentifier(slot)}${temporary ? ' TEMPORARY' : ''} LOGICAL pgoutput`;
  if (serverVersion < 150_000 && !failover) return `${create} ${exportSnapshot ? '' : 'NO'}EXPORT_SNAPSHOT`;
  return `${create} (SNAPSHOT '${exportSnapshot ? 'export' : 'nothing'}'${failover ? ', FAILOVER' : ''})`;
};

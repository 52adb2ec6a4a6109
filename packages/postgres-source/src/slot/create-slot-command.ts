import { quoteIdentifier } from '@millrace/postgres-client';

export interface SlotCommand {
  readonly serverVersion: number;
  readonly slot: string;
  readonly failover: boolean;
  readonly exportSnapshot: boolean;
}

/**
 * Makes a slot for `pgoutput` (PostgreSQL manual, "CREATE_REPLICATION_SLOT"). Up to PostgreSQL 14 its options were
 * words of their own.
 */
export const createSlotCommand = ({ serverVersion, slot, failover, exportSnapshot }: SlotCommand): string => {
  const command = `CREATE_REPLICATION_SLOT ${quoteIdentifier(slot)} LOGICAL pgoutput`;
  if (serverVersion < 150_000 && !failover) return `${command} ${exportSnapshot ? '' : 'NO'}EXPORT_SNAPSHOT`;
  return `${command} (SNAPSHOT '${exportSnapshot ? 'export' : 'nothing'}'${failover ? ', FAILOVER' : ''})`;
};

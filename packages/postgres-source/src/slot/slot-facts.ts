import type { PostgresSession } from '@millrace/postgres-client';
import { parseLsn } from '../lsn.ts';

/** A replication slot as `pg_replication_slots` has it (PostgreSQL manual, "pg_replication_slots"). */
export interface SlotFacts {
  readonly name: string;
  readonly type: 'logical' | 'physical';
  readonly plugin: string | null;
  readonly database: string | null;
  /** The database that was asked. */
  readonly here: string;
  /** It brings prepared transactions before they are committed, whatever its reader asks for. */
  readonly twoPhase: boolean;
  /** A standby keeps it equal to that of the primary; it can be read once the standby is promoted. */
  readonly synced: boolean;
  readonly activePid: number | null;
  /** Whether `activePid` is a connection of this stream, by its `application_name`. */
  readonly ours: boolean;
  /** What the holder calls itself. */
  readonly holder: string | null;
  readonly confirmed: bigint | null;
  /** The newest position of the server's log; `null` on a standby, which may have shown more before it was restarted. */
  readonly head: bigint | null;
  /** `reserved`, `extended`, `unreserved` or `lost`. */
  readonly walStatus: string | null;
  /** Why the server invalidated it, where it says so (PostgreSQL 16 and newer). */
  readonly invalidated: string | null;
  /** Bytes of log kept for the slot. */
  readonly retained: number;
  /** Bytes of log the server may still write before the slot is in danger; `null`: it keeps everything. */
  readonly safe: number | null;
}

interface Row {
  readonly slot_name: string;
  readonly slot_type: 'logical' | 'physical';
  readonly plugin: string | null;
  readonly database: string | null;
  readonly here: string;
  readonly two_phase: string;
  readonly synced: string | null;
  readonly active_pid: string | null;
  readonly ours: string;
  readonly holder: string | null;
  readonly confirmed: string | null;
  readonly head: string | null;
  readonly wal_status: string | null;
  readonly invalidation_reason: string | null;
  readonly conflicting: string | null;
  readonly retained: string | null;
  readonly safe_wal_size: string | null;
}

/** The newest position of the log, on a primary or a standby. */
export const headPosition = `CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
  ELSE pg_current_wal_flush_lsn() END`;

/**
 * What the server has made of our `application_name`: cut, and escaped where it is not ASCII (PostgreSQL manual,
 * "application_name"). The setting itself may still be longer.
 */
export const ownName = '(SELECT o.application_name FROM pg_stat_activity o WHERE o.pid = pg_backend_pid())';

// Columns that only newer servers have are read through the row as a whole.
const query = `
  SELECT s.slot_name, s.slot_type, s.plugin, s.database, current_database() AS here, s.two_phase, s.active_pid,
    COALESCE(a.application_name = ${ownName}, false) AS ours,
    a.application_name AS holder, s.confirmed_flush_lsn AS confirmed, s.wal_status,
    CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_flush_lsn() END AS head,
    to_jsonb(s) ->> 'invalidation_reason' AS invalidation_reason, to_jsonb(s) ->> 'synced' AS synced,
    to_jsonb(s) ->> 'conflicting' AS conflicting,
    pg_wal_lsn_diff(${headPosition}, s.restart_lsn) AS retained, s.safe_wal_size
  FROM pg_replication_slots s LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid
  WHERE s.slot_name = $1`;

const numberOrNull = (text: string | null): number | null => (text === null ? null : Number(text));

/** The slot of this name, `null` when there is none. */
export const readSlot = async (
  session: PostgresSession,
  name: string,
  signal?: AbortSignal,
): Promise<SlotFacts | null> => {
  const { rows } = await session.query<Row>(query, [name], { signal, doing: 'look at the replication slot' });
  const [row] = rows;
  if (row === undefined) return null;
  return {
    name: row.slot_name,
    type: row.slot_type,
    plugin: row.plugin,
    database: row.database,
    here: row.here,
    twoPhase: row.two_phase === 't',
    synced: row.synced === 'true',
    activePid: numberOrNull(row.active_pid),
    ours: row.ours === 't',
    holder: row.holder,
    confirmed: row.confirmed === null ? null : parseLsn(row.confirmed),
    head: row.head === null ? null : parseLsn(row.head),
    walStatus: row.wal_status,
    invalidated: row.invalidation_reason ?? (row.conflicting === 'true' ? 'conflict with recovery' : null),
    retained: Math.max(0, Number(row.retained ?? 0)),
    safe: numberOrNull(row.safe_wal_size),
  };
};

import type { PostgresSettings } from '@millrace/test/harness';

/**
 * Both servers: durable as they are by default, and without anything that would happen in one run and not in another.
 * Checkpoints are made between runs, so none falls into one.
 */
export const serverSettings: PostgresSettings = {
  fsync: 'on',
  synchronous_commit: 'on',
  autovacuum: 'off',
  shared_buffers: '256MB',
  max_wal_size: '32GB',
  min_wal_size: '2GB',
  checkpoint_timeout: '1h',
  // Far from being reached; without a limit every start of a stream warns.
  max_slot_wal_keep_size: '64GB',
  max_replication_slots: '40',
  max_wal_senders: '40',
  max_worker_processes: '16',
  max_logical_replication_workers: '8',
  // Otherwise a subscription that starts soon after another one waits for up to 5 s.
  wal_retrieve_retry_interval: '100ms',
  // As it is by default; the harness has its own reasons for another one.
  dynamic_shared_memory_type: 'posix',
};

/** Server settings by name, as in postgresql.conf. */
export type PostgresSettings = Readonly<Record<string, string>>;

/** A durable server with logical decoding, small enough to run several at once. */
export const defaultSettings: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_wal_senders: '20',
  max_replication_slots: '20',
  max_connections: '100',
  max_prepared_transactions: '10',
  shared_buffers: '32MB',
  fsync: 'on',
  timezone: 'UTC',
  // In files below the data directory, where they go when it goes, also after a kill.
  dynamic_shared_memory_type: 'mmap',
};

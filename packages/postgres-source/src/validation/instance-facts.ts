import type { PostgresSession } from '@millrace/postgres-client';

/** What the checks need to know of the server's settings and of our role. */
export interface InstanceFacts {
  readonly version: number;
  readonly inRecovery: boolean;
  readonly encoding: string;
  readonly walLevel: string;
  readonly slots: { readonly used: number; readonly most: number };
  readonly senders: { readonly used: number; readonly most: number };
  /** Bytes; `null`: without limit. */
  readonly slotWalKeep: number | null;
  /** Milliseconds after which an unused slot is given up; 0: never. */
  readonly slotIdleTimeout: number;
  readonly role: string;
  readonly mayReplicate: boolean;
  readonly mayMonitor: boolean;
  readonly database: string;
  readonly mayCreate: boolean;
  readonly largeObjects: boolean;
}

type Row = Readonly<Record<keyof typeof columns, string>>;

// A setting that the version does not know is absent in pg_settings.
const setting = (name: string, otherwise: string): string =>
  `COALESCE((SELECT setting FROM pg_settings WHERE name = '${name}'), '${otherwise}')`;

const columns = {
  version: "current_setting('server_version_num')",
  recovery: 'pg_is_in_recovery()',
  encoding: "current_setting('server_encoding')",
  wal_level: "current_setting('wal_level')",
  slots: '(SELECT count(*) FROM pg_replication_slots)',
  most_slots: "current_setting('max_replication_slots')",
  senders: '(SELECT count(*) FROM pg_stat_replication)',
  most_senders: "current_setting('max_wal_senders')",
  wal_keep: setting('max_slot_wal_keep_size', '-1'),
  idle_timeout: setting('idle_replication_slot_timeout', '0'),
  idle_unit: `COALESCE((SELECT unit FROM pg_settings WHERE name = 'idle_replication_slot_timeout'), 's')`,
  role: 'current_user',
  replicate: `(SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)
    OR COALESCE((SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = 'rds_replication'), false)`,
  monitor: "pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')",
  database: 'current_database()',
  may_create: "has_database_privilege(current_database(), 'CREATE')",
  large_objects: 'EXISTS (SELECT FROM pg_largeobject_metadata)',
};

const query = `SELECT ${Object.entries(columns)
  .map(([name, expression]) => `${expression} AS ${name}`)
  .join(', ')}`;

const megabyte = 1024 * 1024;
const units: Readonly<Record<string, number>> = { s: 1_000, min: 60_000 };

export const readInstance = async (session: PostgresSession, signal?: AbortSignal): Promise<InstanceFacts> => {
  const { rows } = await session.query<Row>(query, [], { signal, doing: 'look at the server' });
  const [row] = rows;
  if (row === undefined) throw new Error('a query without conditions returned no row');
  const walKeep = Number(row.wal_keep);
  return {
    version: Number(row.version),
    inRecovery: row.recovery === 't',
    encoding: row.encoding,
    walLevel: row.wal_level,
    slots: { used: Number(row.slots), most: Number(row.most_slots) },
    senders: { used: Number(row.senders), most: Number(row.most_senders) },
    slotWalKeep: walKeep < 0 ? null : walKeep * megabyte,
    slotIdleTimeout: Number(row.idle_timeout) * (units[row.idle_unit] ?? 1_000),
    role: row.role,
    mayReplicate: row.replicate === 't',
    mayMonitor: row.monitor === 't',
    database: row.database,
    mayCreate: row.may_create === 't',
    largeObjects: row.large_objects === 't',
  };
};

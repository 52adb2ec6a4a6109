import type { ValidationItem } from '@millrace/core';
import { quoteIdentifier } from '@millrace/postgres-client';
import type { InstanceFacts } from './instance-facts.ts';
import { failed, passed, warned } from './report.ts';

const path = 'source.connection';

const version = ({ version }: InstanceFacts): ValidationItem =>
  version >= 140_000
    ? passed('SERVER_VERSION', path, 'The server is recent enough')
    : failed('SERVER_VERSION', { path, message: `The server is older than PostgreSQL 14 (${version})` });

/** Logical decoding on a standby exists since PostgreSQL 16 (manual, "Logical Decoding Concepts"). */
const recovery = ({ inRecovery, version }: InstanceFacts): ValidationItem => {
  if (!inRecovery) return passed('IN_RECOVERY', path, 'The server is a primary');
  if (version < 160_000) {
    const message = 'The server is a standby; only PostgreSQL 16 and newer can be read from there';
    return failed('IN_RECOVERY', { path, message, fix: 'connect to the primary' });
  }
  const message =
    'The server is a standby: the publication must exist already, and making a slot waits for the primary to be active';
  return warned('IN_RECOVERY', { path, message, fix: 'on the primary: SELECT pg_log_standby_snapshot();' });
};

const walLevel = ({ walLevel }: InstanceFacts): ValidationItem =>
  walLevel === 'logical'
    ? passed('WAL_LEVEL', path, 'wal_level is logical')
    : failed('WAL_LEVEL', {
        path,
        message: `wal_level is ${walLevel}, so the log does not say which rows changed`,
        fix: 'ALTER SYSTEM SET wal_level = logical; -- then restart the server',
      });

const encoding = ({ encoding }: InstanceFacts): ValidationItem =>
  encoding !== 'SQL_ASCII'
    ? passed('SQL_ASCII', path, `The database's encoding is ${encoding}`)
    : failed('SQL_ASCII', {
        path,
        message: 'The database has the encoding SQL_ASCII, which does not say what its bytes mean',
        fix: 'dump the database and restore it into one with ENCODING UTF8',
      });

const replicationRole = ({ role, mayReplicate }: InstanceFacts): ValidationItem =>
  mayReplicate
    ? passed('NOT_REPLICATION_ROLE', path, `Role ${role} may replicate`)
    : failed('NOT_REPLICATION_ROLE', {
        path,
        message: `Role ${role} may not replicate`,
        fix: `ALTER ROLE ${quoteIdentifier(role)} REPLICATION; -- Amazon RDS: GRANT rds_replication TO ${quoteIdentifier(role)};`,
      });

const monitoring = ({ role, mayMonitor }: InstanceFacts): ValidationItem =>
  mayMonitor
    ? passed('MONITORING_PRIVILEGE', path, `Role ${role} may look at other roles' activity`)
    : warned('MONITORING_PRIVILEGE', {
        path,
        message: `Role ${role} cannot see how old the transactions are that making a slot waits for`,
        fix: `GRANT pg_read_all_stats TO ${quoteIdentifier(role)};`,
      });

/** The log a stopped stream may keep (PostgreSQL manual, "max_slot_wal_keep_size", "idle_replication_slot_timeout"). */
const walBudget = ({ slotWalKeep, slotIdleTimeout }: InstanceFacts): ValidationItem => {
  const code = 'WAL_BUDGET';
  if (slotIdleTimeout > 0) {
    const message = `A stream that is stopped for ${slotIdleTimeout / 1_000} s loses its slot (idle_replication_slot_timeout)`;
    return warned(code, { path: 'source.slot', message, fix: 'ALTER SYSTEM SET idle_replication_slot_timeout = 0;' });
  }
  if (slotWalKeep === null) {
    const message = 'A stopped stream makes the server keep its log without limit, until the disk is full';
    return warned(code, {
      path: 'source.slot',
      message,
      fix: "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();",
    });
  }
  return passed(code, 'source.slot', `The server keeps at most ${slotWalKeep} bytes of log for a stopped stream`);
};

/** The server and our role: everything that concerns neither slot nor tables. */
export const validateInstance = (facts: InstanceFacts): readonly ValidationItem[] =>
  [version, recovery, walLevel, encoding, replicationRole, monitoring, walBudget].map((check) => check(facts));

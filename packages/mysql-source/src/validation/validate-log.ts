import type { ValidationItem } from '@millrace/core';
import { failed, passed, warned } from './report.ts';
import type { ServerSettings } from './server-settings.ts';

const path = 'source.connection';

const version = ({ kind, version }: ServerSettings): ValidationItem => {
  const oldest = kind === 'mysql' ? 80_000 : 100_500;
  const name = kind === 'mysql' ? 'MySQL 8.0' : 'MariaDB 10.5';
  return version >= oldest
    ? passed('SERVER_VERSION', path, 'The server is recent enough')
    : failed('SERVER_VERSION', { path, message: `The server is older than ${name} (${version})` });
};

/** A setting that stays after a restart. MariaDB has no statement for that. */
const setting = ({ kind }: ServerSettings, name: string, value: string): string =>
  kind === 'mysql'
    ? `SET PERSIST ${name} = ${value};`
    : `SET GLOBAL ${name} = ${value}; -- and ${name} = ${value} below [mariadb] in the option file`;

const inFile = ({ kind }: ServerSettings, line: string): string =>
  `below [${kind === 'mysql' ? 'mysqld' : 'mariadb'}] in the option file: ${line} -- then restart the server`;

const logging = (facts: ServerSettings): ValidationItem =>
  facts.log.on
    ? passed('BINLOG_DISABLED', path, 'The server writes a binlog')
    : failed('BINLOG_DISABLED', {
        path,
        message: 'The server writes no binlog',
        fix: inFile(facts, 'log_bin = binlog'),
      });

const serverId = ({ serverId }: ServerSettings): ValidationItem =>
  serverId !== 0
    ? passed('SERVER_ID_ZERO', path, `The server's own id is ${serverId}`)
    : failed('SERVER_ID_ZERO', {
        path,
        message: 'The server has no server id, and refuses replicas because of that',
        fix: 'SET GLOBAL server_id = 1; -- and in the option file',
      });

const format = (facts: ServerSettings): ValidationItem =>
  facts.log.format === 'ROW'
    ? passed('BINLOG_FORMAT', path, 'binlog_format is ROW')
    : failed('BINLOG_FORMAT', {
        path,
        message: `binlog_format is ${facts.log.format}, so the log may hold statements in place of the rows they changed`,
        fix: `${setting(facts, 'binlog_format', 'ROW')} -- sessions that are connected keep theirs`,
      });

const rowImage = (facts: ServerSettings): ValidationItem =>
  facts.log.rowImage === 'FULL'
    ? passed('BINLOG_ROW_IMAGE', path, 'binlog_row_image is FULL')
    : warned('BINLOG_ROW_IMAGE', {
        path,
        message: `binlog_row_image is ${facts.log.rowImage}, so updates do not say the values of all columns`,
        fix: setting(facts, 'binlog_row_image', 'FULL'),
      });

const rowMetadata = (facts: ServerSettings): ValidationItem =>
  facts.log.rowMetadata === 'FULL'
    ? passed('BINLOG_ROW_METADATA', path, 'binlog_row_metadata is FULL')
    : warned('BINLOG_ROW_METADATA', {
        path,
        message: `binlog_row_metadata is ${facts.log.rowMetadata}, so the log does not say names and types of columns: they come from a history that the stream keeps of every statement that changes a table`,
        fix: setting(facts, 'binlog_row_metadata', 'FULL'),
      });

const shortest = 24 * 60 * 60;

const retention = (facts: ServerSettings): ValidationItem => {
  const { expiry } = facts.log;
  const code = 'BINLOG_RETENTION';
  if (expiry === null) return passed(code, path, 'The server removes no log by its age');
  if (expiry >= shortest) return passed(code, path, `The server keeps its log for ${expiry} s`);
  return warned(code, {
    path,
    message: `The server removes log after ${expiry} s: a stream that is stopped for longer cannot go on`,
    fix:
      facts.kind === 'mariadb' && facts.version < 100_601
        ? setting(facts, 'expire_logs_days', '7')
        : setting(facts, 'binlog_expire_logs_seconds', '604800'),
  });
};

/** The steps of the manual, "Enabling GTID Transactions Online"; each waits for what the one before asks of the clients. */
const gtidMode = ({ gtidMode }: ServerSettings): ValidationItem =>
  gtidMode === null || gtidMode === 'ON'
    ? passed('GTID_MODE', path, 'Transactions have GTIDs')
    : warned('GTID_MODE', {
        path,
        message: `gtid_mode is ${gtidMode}: places in the log are those of one server's files, and the stream cannot go on at another server`,
        fix: 'SET PERSIST enforce_gtid_consistency = ON; SET PERSIST gtid_mode = OFF_PERMISSIVE; SET PERSIST gtid_mode = ON_PERMISSIVE; SET PERSIST gtid_mode = ON; -- on every server of the topology, step by step',
      });

/** How the server writes its log. */
export const validateLog = (facts: ServerSettings): readonly ValidationItem[] =>
  [version, logging, serverId, format, rowImage, rowMetadata, retention, gtidMode].map((check) => check(facts));

/** What a replica of another server has to be set to; `isReplica`: `null` where we may not ask. */
export const validateReplica = (facts: ServerSettings, isReplica: boolean | null): ValidationItem => {
  const code = 'REPLICATED_CHANGES_NOT_LOGGED';
  if (isReplica === false || facts.log.holdsReplicatedChanges) {
    return passed(code, path, 'What the server gets from another server is in its log, or it gets nothing');
  }
  const name = facts.kind === 'mysql' && facts.version >= 80_026 ? 'log_replica_updates' : 'log_slave_updates';
  const message = `what the server gets from another server is not in its log (${name} is OFF)`;
  const fix = inFile(facts, `${name} = ON`);
  return isReplica === true
    ? failed(code, { path, message: `The server is a replica, and ${message}`, fix })
    : warned(code, { path, message: `Our user may not see whether the server is a replica; if so, ${message}`, fix });
};

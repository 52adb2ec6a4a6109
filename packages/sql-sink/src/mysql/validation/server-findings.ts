import type { ScriptSession, ServerVersion } from '@millrace/mysql-client';
import type { Finding } from '../../validation/report.ts';

/** Settings of the server by name; those that it does not know are absent. */
export type ServerSettings = Readonly<Partial<Record<Setting, string>>>;

const names = [
  'read_only',
  'super_read_only',
  'innodb_read_only',
  'offline_mode',
  'innodb_flush_log_at_trx_commit',
  'log_bin',
  'binlog_format',
  'sync_binlog',
  'innodb_doublewrite',
  'max_allowed_packet',
  'local_infile',
] as const;

type Setting = (typeof names)[number];

export const readServerSettings = async (session: ScriptSession, signal: AbortSignal): Promise<ServerSettings> => {
  const list = names.map((name) => `'${name}'`).join(', ');
  const [found] = await session.script([`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${list})`], {
    signal,
    doing: 'read the settings of the target',
  });
  return Object.fromEntries((found?.rows ?? []).map(([name, value]) => [name, value ?? '']));
};

const oldest = {
  // Of keys and checkpoints every byte counts: the collation for that came with it.
  mysql: { name: 'MySQL', version: 80_017, text: '8.0.17' },
  mariadb: { name: 'MariaDB', version: 100_600, text: '10.6' },
} as const;

const versionText = (version: number): string =>
  [Math.trunc(version / 10_000), Math.trunc(version / 100) % 100, version % 100].join('.');

/** In bytes: a group that a sink writes at once is smaller. */
const smallestPacket = 16 * 1024 * 1024;

const isOn = (value: string | undefined): boolean => value !== undefined && value !== 'OFF' && value !== '0';

/** What about the server makes the stream impossible or surprising. */
export const serverFindings = ({ kind, version }: ServerVersion, settings: ServerSettings): readonly Finding[] => {
  const findings: Finding[] = [];
  const { name, version: needed, text } = oldest[kind];
  if (version < needed)
    findings.push({
      code: 'SERVER_TOO_OLD',
      message: `The target is ${name} ${versionText(version)}; ${text} is the oldest that works`,
      fix: `Upgrade the target to ${name} ${text} or later.`,
    });
  for (const setting of ['read_only', 'super_read_only', 'innodb_read_only', 'offline_mode'] as const)
    if (isOn(settings[setting]))
      findings.push({
        code: 'SERVER_READ_ONLY',
        message: `The target has ${setting} = ${settings[setting]}: it is a replica, or nothing is to be written there`,
        fix:
          setting === 'innodb_read_only'
            ? 'Connect to a server that is written to.'
            : `Connect to a server that is written to, or: SET GLOBAL ${setting} = OFF;`,
      });
  // MariaDB keeps a change only until it is started again.
  const set = (assignment: string) => `SET ${kind === 'mysql' ? 'PERSIST' : 'GLOBAL'} ${assignment};`;
  const warn = (code: string, message: string, fix: string) => findings.push({ code, level: 'warning', message, fix });
  // InnoDB refuses every write then (MySQL manual, "Transaction Isolation Levels", READ COMMITTED).
  if (isOn(settings.log_bin) && settings.binlog_format === 'STATEMENT')
    findings.push({
      code: 'TARGET_BINLOG_FORMAT',
      message:
        'The target logs statements (binlog_format = STATEMENT): it refuses rows from sessions that read what is committed',
      fix: set('binlog_format = ROW'),
    });
  // Invariant 1: what is acknowledged to the source survives a crash of the target server only if that keeps it.
  const loses = (setting: Setting, fix: string) =>
    warn(
      'SERVER_NOT_DURABLE',
      `${setting} is ${settings[setting]} at the target: a crash of that server may lose what the source was told is safe`,
      fix,
    );
  const flush = settings.innodb_flush_log_at_trx_commit;
  if (flush === '0' || flush === '2')
    loses('innodb_flush_log_at_trx_commit', set('innodb_flush_log_at_trx_commit = 1'));
  if (isOn(settings.log_bin) && settings.sync_binlog !== '1') loses('sync_binlog', set('sync_binlog = 1'));
  if (/^(?:OFF|0|DETECT_ONLY)$/.test(settings.innodb_doublewrite ?? 'ON'))
    loses('innodb_doublewrite', 'Start the target with innodb_doublewrite = ON.');
  if (Number(settings.max_allowed_packet ?? smallestPacket) < smallestPacket)
    warn(
      'SERVER_PACKET_LIMIT',
      `The target takes ${settings.max_allowed_packet} bytes at once (max_allowed_packet): larger rows are refused, and others are written more slowly`,
      set('max_allowed_packet = 67108864'),
    );
  if (!isOn(settings.local_infile))
    warn(
      'LOCAL_INFILE_OFF',
      'local_infile is off at the target: many rows are written by INSERT, which is slower than LOAD DATA',
      set('local_infile = 1'),
    );
  return findings;
};

import { expect, it } from 'vitest';
import { type ServerSettings, serverFindings } from './server-findings.ts';

const good: ServerSettings = {
  read_only: 'OFF',
  super_read_only: 'OFF',
  innodb_read_only: 'OFF',
  offline_mode: 'OFF',
  innodb_flush_log_at_trx_commit: '1',
  log_bin: 'ON',
  binlog_format: 'ROW',
  sync_binlog: '1',
  innodb_doublewrite: 'ON',
  max_allowed_packet: '16777216',
  local_infile: 'ON',
};

const codes = (kind: 'mysql' | 'mariadb', version: number, change: ServerSettings) =>
  serverFindings({ kind, version }, { ...good, ...change }).map(({ code, level = 'error' }) => `${code} ${level}`);

it.each<[ServerSettings, readonly string[]]>([
  [{}, []],
  [{ read_only: 'ON' }, ['SERVER_READ_ONLY error']],
  [{ super_read_only: 'ON', offline_mode: 'ON' }, Array(2).fill('SERVER_READ_ONLY error')],
  [{ innodb_read_only: 'ON' }, ['SERVER_READ_ONLY error']],
  [{ innodb_flush_log_at_trx_commit: '2', sync_binlog: '100' }, Array(2).fill('SERVER_NOT_DURABLE warning')],
  [{ log_bin: 'OFF', sync_binlog: '0', innodb_flush_log_at_trx_commit: '3' }, []],
  [{ innodb_doublewrite: 'DETECT_ONLY' }, ['SERVER_NOT_DURABLE warning']],
  [{ innodb_doublewrite: 'DETECT_AND_RECOVER' }, []],
  [{ max_allowed_packet: '4194304' }, ['SERVER_PACKET_LIMIT warning']],
  [{ binlog_format: 'STATEMENT' }, ['TARGET_BINLOG_FORMAT error']],
  [{ binlog_format: 'STATEMENT', log_bin: 'OFF' }, []],
  [{ binlog_format: 'MIXED' }, []],
  [{ local_infile: 'OFF' }, ['LOCAL_INFILE_OFF warning']],
])('a server with %o has the findings %o', (change, expected) => {
  expect(codes('mysql', 80_400, change)).toEqual(expected);
});

it('knows the oldest version of either server', () => {
  expect(codes('mysql', 50_744, {})).toEqual(['SERVER_TOO_OLD error']);
  expect(codes('mysql', 80_016, {})).toEqual(['SERVER_TOO_OLD error']);
  expect(codes('mysql', 80_017, {})).toEqual([]);
  expect(codes('mariadb', 100_528, {})).toEqual(['SERVER_TOO_OLD error']);
  expect(codes('mariadb', 100_600, {})).toEqual([]);
});

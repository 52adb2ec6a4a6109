import type { Finding } from '../../validation/report.ts';
import { isTrue } from '../boolean-text.ts';

/** What the server says of itself, every value as text. */
export interface ServerFacts {
  readonly version: string;
  readonly recovery: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  readonly encoding: string;
}

export const serverQuery = `SELECT current_setting('server_version_num') AS version, pg_is_in_recovery() AS recovery,
  current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
  current_setting('synchronous_commit') AS synchronous_commit, current_setting('server_encoding') AS encoding`;

const oldest = 14;

const warning = (code: string, message: string, fix: string): Finding => ({ code, level: 'warning', message, fix });

/** What about the server makes the stream impossible or surprising. */
export const serverFindings = (facts: ServerFacts): readonly Finding[] => {
  const findings: Finding[] = [];
  const major = Math.floor(Number(facts.version) / 10_000);
  if (major < oldest)
    findings.push({
      code: 'SERVER_TOO_OLD',
      message: `The target is PostgreSQL ${major}; ${oldest} is the oldest that works`,
      fix: `Upgrade the target to PostgreSQL ${oldest} or later.`,
    });
  if (isTrue(facts.recovery))
    findings.push({
      code: 'SERVER_READ_ONLY',
      message: 'The target is a standby: nothing can be written there',
      fix: 'Connect to the primary server, e.g. with target_session_attrs=read-write.',
    });
  // Invariant 1: what is acknowledged to the source survives a crash of the target server only if that keeps it.
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit'] as const)
    if (facts[name] === 'off')
      findings.push(
        warning(
          'SERVER_NOT_DURABLE',
          `${name} is off at the target: a crash of that server may lose what the source was told is safe`,
          name === 'synchronous_commit'
            ? 'ALTER ROLE CURRENT_USER SET synchronous_commit = on;'
            : `ALTER SYSTEM SET ${name} = on; SELECT pg_reload_conf();`,
        ),
      );
  if (facts.encoding !== 'UTF8')
    findings.push(
      warning(
        'SERVER_ENCODING',
        `The target database has encoding ${facts.encoding}: characters it does not know are refused`,
        'Use a target database with encoding UTF8.',
      ),
    );
  return findings;
};

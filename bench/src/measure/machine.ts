import { execFile } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { PostgresSettings } from '@millrace/test/harness';
import type { PostgresBinaries } from '@millrace/testkit/servers';
import { serverSettings } from '../servers/server-settings.ts';
import { syncMilliseconds } from './disk.ts';
import { readServerFacts, type ServerFacts } from './server-facts.ts';

const run = promisify(execFile);

/** Where the figures come from: without this they mean nothing. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** Of the last minute, before anything was measured: what else the machine had to do. */
  readonly load: number;
  /** What it takes to make a page durable. */
  readonly syncMilliseconds: number;
  readonly postgres: ServerFacts;
  readonly settings: PostgresSettings;
  /** Of this repository; `null` where there is no git. */
  readonly commit: string | null;
  /** There were changes beyond the commit. */
  readonly changed: boolean;
}

const git = async (...words: string[]): Promise<string | null> => {
  try {
    return (await run('git', words, { cwd: import.meta.dirname })).stdout.trim();
  } catch {
    return null;
  }
};

export const readMachine = async (postgres: PostgresBinaries): Promise<Machine> => ({
  cores: cpus().length,
  processor: cpus()[0]?.model ?? 'unknown',
  memoryBytes: totalmem(),
  system: `${platform()} ${arch()} ${release()}`,
  node: process.version,
  load: loadavg()[0] ?? 0,
  syncMilliseconds: syncMilliseconds(),
  postgres: await readServerFacts(postgres),
  settings: serverSettings,
  commit: await git('rev-parse', 'HEAD'),
  changed: (await git('status', '--porcelain')) !== '',
});

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clientTool } from '@millrace/test/harness';
import type { ClientLoad, Workload } from '../workloads/workload.ts';
import { withClient } from './with-client.ts';

const run = promisify(execFile);

/** What else pgbench is told. */
interface PgbenchOptions {
  /** How many transactions, or for how long: `-t 1000`, `-T 20 -R 1000`. */
  readonly extent: readonly string[];
  /** Whether every commit waits for the disk. */
  readonly durable: boolean;
}

/** Runs a script with pgbench; resolves when it has ended, rejects when a transaction failed. */
export const runPgbench = async (
  url: string,
  { script, clients }: Pick<ClientLoad, 'script' | 'clients'>,
  { extent, durable }: PgbenchOptions,
): Promise<void> => {
  const tool = await clientTool('pgbench');
  const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-load-'));
  try {
    const file = join(directory, 'load.sql');
    await writeFile(file, script);
    const fixed = ['--no-vacuum', '--protocol=prepared', `--client=${clients}`, '--jobs=1', `--file=${file}`];
    const settings = durable ? '' : '-c synchronous_commit=off';
    await run(tool.file, [...tool.args, ...fixed, ...extent, url], { env: { ...process.env, PGOPTIONS: settings } });
  } finally {
    await rm(directory, { recursive: true });
  }
};

/** Makes the changes of a workload. They need not be durable one by one: what follows them makes them so. */
export const runLoad = async (url: string, { load }: Workload): Promise<void> => {
  if (load.kind === 'clients') {
    const each = Math.ceil(load.transactions / load.clients);
    return runPgbench(url, load, { extent: [`--transactions=${each}`], durable: false });
  }
  await withClient(url, async (client) => {
    await client.query('SET synchronous_commit = off');
    for (const statement of load.statements) await client.query(statement);
  });
};

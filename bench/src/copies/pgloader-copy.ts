import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientTool } from '@millrace/test/harness';
import type { CopyPlace, StartCopy } from './copy-side.ts';

/** As its documentation has it, with nothing tuned: it makes the tables, copies them, and then makes their keys. */
const commandFor = ({ sourceUrl, targetUrl, tables }: CopyPlace): string => {
  const source = new URL(sourceUrl);
  const names = tables.map(({ name }) => `'${name}'`).join(', ');
  source.search = '';
  return `LOAD DATABASE FROM ${source} INTO ${targetUrl}
    INCLUDING ONLY TABLE NAMES MATCHING ${names} ALTER SCHEMA '${source.pathname.slice(1)}' RENAME TO 'public';`;
};

/** pgloader, from MariaDB: of Debian's release it can neither log in to a MySQL 9 nor read its catalog. */
export const pgloaderCopy: StartCopy = async (place) => {
  const { file, args } = await clientTool('pgloader');
  const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-pgloader-'));
  const [command, summary] = [join(directory, 'items.load'), join(directory, 'summary.csv')];
  await writeFile(command, commandFor(place));
  const options = ['--on-error-stop', '--quiet', '--root-dir', directory, '--summary', summary, command];
  // The shell becomes pgloader at a line of its input.
  const child = spawn('sh', ['-c', 'read go && exec "$@"', 'sh', file, ...args, ...options], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  await once(child, 'spawn');
  const exit = once(child, 'exit');
  return {
    pid: child.pid ?? null,
    async copy() {
      child.stdin.end('go\n');
      const [code] = await exit;
      if (code !== 0)
        throw new Error(`pgloader ended with ${code}: ${await readFile(summary, 'utf8').catch(() => '')}`);
    },
    async end() {},
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exit;
      await rm(directory, { recursive: true });
    },
  };
};

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientTool, clientTool } from '@millrace/test/harness';
import type { Form } from '../runs/form.ts';
import type { StartCopy } from './copy-side.ts';

const word = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A program with its arguments, as a shell reads them. */
export const shellCommand = ({ file, args }: ClientTool, ...more: readonly string[]): string =>
  [file, ...args, ...more].map(word).join(' ');

/** What a shell runs, one pipe for each table after the other. */
export const shellCopy = (pipes: readonly string[]): Awaited<ReturnType<StartCopy>> => {
  const ending = new AbortController();
  return {
    pid: null,
    async copy() {
      const script = ['set -o pipefail', ...pipes].join(' && ');
      const shell = spawn('bash', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'], signal: ending.signal });
      const [code] = await once(shell, 'exit');
      if (code !== 0) throw new Error(`The shell ended with ${code}: ${script}`);
    },
    async end() {},
    [Symbol.asyncDispose]: async () => ending.abort(),
  };
};

/** psql that ends at the first error. */
export const quiet = ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1'] as const;

/** `psql` to `psql`: one COPY out of the source and one into the target, both in this form. */
export const psqlCopies =
  (form: Form): StartCopy =>
  async ({ sourceUrl, targetUrl, tables }) => {
    const psql = await clientTool('psql');
    const options = `(FORMAT ${form})`;
    const pipes = tables.map(({ name }) => {
      const out = shellCommand(psql, ...quiet, `--command=COPY ${name} TO STDOUT ${options}`, sourceUrl);
      const into = shellCommand(psql, ...quiet, `--command=COPY ${name} FROM STDIN ${options}`, targetUrl);
      return `${out} | ${into}`;
    });
    return shellCopy(pipes);
  };

/** `pg_dump` to `psql`, of the rows alone. */
export const dumpedCopy: StartCopy = async ({ sourceUrl, targetUrl, tables }) => {
  const [dump, psql] = [await clientTool('pg_dump'), await clientTool('psql')];
  const out = shellCommand(dump, '--data-only', ...tables.map(({ name }) => `--table=${name}`), sourceUrl);
  // It sets what only servers of its own version know; that rows are missing shows when they are compared.
  return shellCopy([`${out} | ${shellCommand(psql, '--no-psqlrc', '--quiet', targetUrl)}`]);
};

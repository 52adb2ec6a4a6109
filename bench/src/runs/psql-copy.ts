import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { clientTool } from '@millrace/test/harness';
import type { Side } from './side.ts';

const run = promisify(execFile);

const psql = async (url: string, commands: readonly string[]): Promise<void> => {
  const { file, args } = await clientTool('psql');
  const words = ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', ...commands.flatMap((text) => ['--command', text])];
  await run(file, [...args, ...words, url]);
};

/** Writes the items of a database, or what a query in parentheses gives, to a file in PostgreSQL's text format. */
export const saveItems = (url: string, file: string, rows = 'items'): Promise<void> =>
  psql(url, [`\\copy ${rows} to '${file}'`]);

/** `psql` copies a file into a database: one COPY, one transaction. */
export const psqlCopy = async (url: string, file: string): Promise<Side> => {
  await clientTool('psql');
  let failed: (error: unknown) => void = () => {};
  let copied: Promise<void> = Promise.resolve();
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  failure.catch(() => {});
  return {
    rows: 'as-they-are',
    pid: null,
    failed: failure,
    begin: async () => {
      copied = psql(url, [`\\copy items from '${file}'`, 'INSERT INTO marker VALUES (1)']).catch(failed);
    },
    end: async () => {
      await copied;
      return { counters: {}, startSeconds: null, residentBytes: null };
    },
    [Symbol.asyncDispose]: () => copied,
  };
};

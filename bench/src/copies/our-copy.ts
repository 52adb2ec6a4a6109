import { startProgram } from '@millrace/test/harness';
import type { CopyTask } from '../programs/copy-task.ts';
import { programFile } from '../runs/program-file.ts';
import { publication } from '../servers/publication.ts';
import type { StartCopy } from './copy-side.ts';

/** Our stream, with so many ranges at once, in a process that has loaded everything and waits for the word. */
export const ourCopy =
  (concurrency: number, profile: string | null = null): StartCopy =>
  async ({ name, sourceUrl, targetUrl, tables }) => {
    const task: CopyTask = {
      id: name,
      source: { connection: sourceUrl, slot: name, publication },
      target: targetUrl,
      tables: tables.map((table) => table.name),
      concurrency,
      profile,
    };
    const program = await startProgram(programFile('copy'), { args: [JSON.stringify(task)] });
    await program.message('ready');
    return {
      pid: program.pid,
      async copy() {
        const failed = program.message<string>('failed').then((message) => {
          throw new Error(message);
        });
        failed.catch(() => {});
        await program.send('go');
        await Promise.race([program.message('handed-over'), failed]);
      },
      async end() {
        await program.send('stop');
        await program.message('ended');
      },
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  };

import { startProgram } from '@millrace/test/harness';
import type { CopyTask, MysqlCopyTask, PostgresCopyTask } from '../programs/copy-task.ts';
import { programFile } from '../runs/program-file.ts';
import { publication } from '../servers/publication.ts';
import type { CopyPlace, CopySide, StartCopy } from './copy-side.ts';

/** Our stream in a process that has loaded everything and waits for the word. */
const startCopying = async (name: string, task: CopyTask): Promise<CopySide> => {
  const program = await startProgram(programFile(name), { args: [JSON.stringify(task)] });
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

const taskAt = ({ name, targetUrl, tables }: CopyPlace, concurrency: number, profile: string | null): CopyTask => ({
  id: name,
  target: targetUrl,
  tables: tables.map((table) => table.name),
  concurrency,
  profile,
});

/** Our stream between two PostgreSQL servers, with so many ranges at once. */
export const ourCopy =
  (concurrency: number, profile: string | null = null): StartCopy =>
  (place) => {
    const source = { connection: place.sourceUrl, slot: place.name, publication };
    const task: PostgresCopyTask = { ...taskAt(place, concurrency, profile), source };
    return startCopying('copy', task);
  };

/** Our stream from PostgreSQL to MySQL or MariaDB, which copies and ends; with so many ranges at once. */
export const ourCopyToMysql =
  (concurrency: number, profile: string | null = null): StartCopy =>
  (place) => {
    const source = { connection: place.sourceUrl, slot: place.name, publication };
    const task: PostgresCopyTask = { ...taskAt(place, concurrency, profile), source };
    return startCopying('copy-to-mysql', task);
  };

/** Our stream from MySQL or MariaDB, with so many ranges at once. */
export const ourMysqlCopy =
  (concurrency: number, profile: string | null = null): StartCopy =>
  (place) => {
    const source = { connection: place.sourceUrl };
    const task: MysqlCopyTask = { ...taskAt(place, concurrency, profile), source };
    return startCopying('copy-mysql', task);
  };

import { sampleResidentMemory, startProgram } from '@millrace/test/harness';
import { cpuSeconds } from '../measure/process-cpu.ts';
import type { ReadCount, ReadTask } from '../programs/read-task.ts';
import { publication } from '../servers/publication.ts';
import type { SourceLog } from '../servers/source-log.ts';
import { programFile } from './program-file.ts';

/** A program that reads the log. */
export interface Reader {
  readonly label: string;
  /** The file of it, without its ending. */
  readonly program: string;
  /** As the task says. */
  readonly pause: number;
}

/** What one run of a reader came to; CPU times in seconds. */
export interface ReaderResult {
  readonly seconds: number;
  readonly cpu: { readonly node: number; readonly walsender: number | null };
  readonly residentBytes: number;
}

interface ReadRequest {
  readonly source: SourceLog;
  /** A name that no other run has. */
  readonly slot: string;
  readonly tables: readonly string[];
  readonly changes: number;
  readonly profile: string | null;
}

const sampleEvery = 20;

/** Reads the log once, from its beginning to its last change. Rejects when the reader counted another number. */
export const measureReader = async ({ program: name, pause }: Reader, request: ReadRequest): Promise<ReaderResult> => {
  const { source, slot, ...rest } = request;
  await source.copySlot(slot);
  const task: ReadTask = { ...rest, pause, connection: source.url, slot, publication };
  try {
    await using program = await startProgram(programFile(name), { args: [JSON.stringify(task)] });
    const failed = program.message<string>('failed').then((message) => {
      throw new Error(message);
    });
    failed.catch(() => {});
    await program.message('ready');
    using memory = sampleResidentMemory(program.pid, sampleEvery);
    const before = cpuSeconds(program.pid);
    const began = performance.now();
    await program.send('go');
    const { changes } = await Promise.race([program.message<ReadCount>('done'), failed]);
    const seconds = (performance.now() - began) / 1_000;
    const node = cpuSeconds(program.pid) - before;
    const walsender = await source.walsender(slot);
    const cpu = { node, walsender: walsender === null ? null : cpuSeconds(walsender) };
    if (changes !== request.changes) throw new Error(`${name} saw ${changes} changes of ${request.changes}`);
    await program.send('stop');
    await program.exited;
    return { seconds, cpu, residentBytes: memory.stop() };
  } finally {
    await source.dropSlot(slot);
  }
};

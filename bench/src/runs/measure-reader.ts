import { cpuSeconds } from '../measure/process-cpu.ts';
import type { ReadTask } from '../programs/read-task.ts';
import { publication } from '../servers/publication.ts';
import type { SourceLog } from '../servers/source-log.ts';
import { timeReader } from './time-reader.ts';

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

/** Reads the log once, from its beginning to its last change. Rejects when the reader counted another number. */
export const measureReader = async ({ program, pause }: Reader, request: ReadRequest): Promise<ReaderResult> => {
  const { source, slot, ...rest } = request;
  await source.copySlot(slot);
  const task: ReadTask = { ...rest, pause, connection: source.url, slot, publication };
  const walsender = async () => {
    const pid = await source.walsender(slot);
    return pid === null ? null : cpuSeconds(pid);
  };
  try {
    const { seconds, node, count, residentBytes, server } = await timeReader(program, task, walsender);
    if (count.changes !== request.changes)
      throw new Error(`${program} saw ${count.changes} changes of ${request.changes}`);
    return { seconds, cpu: { node, walsender: server }, residentBytes };
  } finally {
    await source.dropSlot(slot);
  }
};

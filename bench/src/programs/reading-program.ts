import { instruction, report } from '@millrace/testkit/processes';
import { CpuProfiler } from './cpu-profiler.ts';
import type { ReadCount, ReadTask } from './read-task.ts';

/** Connects, reads, and resolves once `task.changes` have been seen, with how many there were. */
type Read<Task> = (task: Task) => Promise<ReadCount>;

/** A program that reads at a word, says when it is done, and ends at another word. */
export const readingProgram = async <Task extends Pick<ReadTask, 'profile'> = ReadTask>(
  read: Read<Task>,
): Promise<never> => {
  const task: Task = JSON.parse(process.argv[2] ?? '');
  const profiler = task.profile === null ? null : new CpuProfiler();
  const [go, stop] = [instruction('go'), instruction('stop')];
  await report('ready');
  await go;
  await profiler?.start();
  try {
    await report('done', await read(task));
  } catch (error) {
    await report('failed', error instanceof Error ? error.stack : String(error));
  }
  await stop;
  if (task.profile !== null) await profiler?.write(task.profile);
  // Nothing is worth an end in order: the slot is dropped next.
  process.exit(0);
};

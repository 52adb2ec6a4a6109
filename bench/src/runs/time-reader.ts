import { sampleResidentMemory, startProgram } from '@millrace/test/harness';
import { cpuSeconds } from '../measure/process-cpu.ts';
import type { ReadCount } from '../programs/read-task.ts';
import { programFile } from './program-file.ts';

const sampleEvery = 20;

/** How long a reader took, from the word to its last change; CPU times in seconds. */
interface ReaderTiming<Count> {
  readonly seconds: number;
  readonly node: number;
  /** Of the server process that sent the log, while it is still there. */
  readonly server: number | null;
  readonly count: Count;
  readonly residentBytes: number;
}

/** Runs a reading program once. Rejects when it fails. */
export const timeReader = async <Count extends ReadCount>(
  name: string,
  task: object,
  serverCpu: () => Promise<number | null>,
): Promise<ReaderTiming<Count>> => {
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
  const count = await Promise.race([program.message<Count>('done'), failed]);
  const seconds = (performance.now() - began) / 1_000;
  const node = cpuSeconds(program.pid) - before;
  const server = await serverCpu();
  await program.send('stop');
  await program.exited;
  return { seconds, node, server, count, residentBytes: memory.stop() };
};

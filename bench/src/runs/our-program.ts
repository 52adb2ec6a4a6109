import { type MemorySample, type Program, sampleResidentMemory, startProgram } from '@millrace/test/harness';
import type { RowState } from '../measure/fingerprint.ts';
import type { StreamEnd } from '../programs/stream-task.ts';
import { programFile } from './program-file.ts';
import type { Side, SideDetails } from './side.ts';

const sampleEvery = 20;

/** A program with a stream of ours, in a process that has loaded everything and waits for the word. */
export const startOurProgram = async (name: string, task: object, rows: RowState): Promise<Side> => {
  const program = await startProgram(programFile(name), { args: [JSON.stringify(task)] });
  await program.message('ready');
  return new OurProgram(program, rows);
};

class OurProgram implements Side {
  readonly pid: number;
  readonly rows: RowState;
  readonly failed: Promise<never>;
  readonly #program: Program;
  readonly #memory: MemorySample;

  constructor(program: Program, rows: RowState) {
    this.rows = rows;
    this.pid = program.pid;
    this.#program = program;
    this.#memory = sampleResidentMemory(program.pid, sampleEvery);
    this.failed = program.message<string>('failed').then((message) => {
      throw new Error(message);
    });
    // After an end in order nobody waits for it.
    this.failed.catch(() => {});
  }

  begin(): Promise<void> {
    return this.#program.send('go');
  }

  async end(): Promise<SideDetails> {
    const residentBytes = this.#memory.stop();
    await this.#program.send('stop');
    const end = await this.#program.message<StreamEnd>('ended');
    return { ...end, residentBytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#memory.stop();
    await this.#program[Symbol.asyncDispose]();
  }
}

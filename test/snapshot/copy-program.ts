import { expect } from 'vitest';
import { type Program, startProgram, until } from '../harness/index.ts';
import type { Load } from './load.ts';
import type { ShopStreamOptions } from './shop-stream.ts';

/** How often a copy is killed: a few times here; as often as wanted with the variable. */
export const killRounds = Number(process.env.MILLRACE_FAULT_ROUNDS ?? 4);

const program = new URL('./copy.program.ts', import.meta.url);

/** A copy in a process of its own. */
export const startCopy = (options: ShopStreamOptions): Promise<Program> =>
  startProgram(program, { args: [JSON.stringify(options)] });

export interface CopiedWorld {
  copied(): Promise<number>;
  settle(): Promise<readonly string[]>;
}

export const copiedMoreThan = (world: Pick<CopiedWorld, 'copied'>, rows: number): Promise<void> =>
  until(async () => (await world.copied()) > rows, { describe: `more than ${rows} copied rows`, timeout: 30_000 });

/** Kills a copy again and again while the application is at work: nothing durable is read again, nothing is missing. */
export const killCopies = async (world: CopiedWorld, load: Load, options: ShopStreamOptions): Promise<void> => {
  let copied = 0;
  for (let round = 0; round < killRounds; round++) {
    const copying = await startCopy({ ...options, maxBytesPerSecond: 1_500_000 });
    // Half of the kills come while it is still opening, for all that is known.
    if (round % 2 === 0) await copiedMoreThan(world, copied + 300);
    else await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 600));
    copying.kill('SIGKILL');
    await copying.exited;
    const now = await world.copied();
    expect(now).toBeGreaterThanOrEqual(copied);
    copied = now;
  }
  expect(copied).toBeGreaterThan(500);
  await using last = await startCopy(options);
  await last.message('handover');
  await load.stop();
  expect(await world.settle()).toEqual([]);
};

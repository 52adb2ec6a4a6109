import { expect, test } from 'vitest';
import { bankWorld } from '../bank/bank-world.ts';
import { startProgram } from '../harness/index.ts';

const program = new URL('exit.program.ts', import.meta.url);

test.each(['stop', 'pause', 'delete'])(
  'a process whose stream ended with %s exits by itself within a second',
  { timeout: 60_000 },
  async (end) => {
    await using world = await bankWorld();
    const options = { source: world.source.url, target: world.target.url, slot: world.slot };
    await using child = await startProgram(program, { args: [JSON.stringify(options)] });
    await child.message('running');
    await world.fill();
    await child.send('end', end);
    await child.message('ended');
    const ended = performance.now();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - ended).toBeLessThan(1_000);
  },
);

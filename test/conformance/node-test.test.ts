import { expect, it } from 'vitest';
import { startProgram } from '../harness/index.ts';

it('the suites run with node:test, which prints why a case is skipped', async () => {
  await using program = await startProgram(new URL('node-test.program.ts', import.meta.url));
  expect(await program.exited).toEqual({ code: 0, signal: null });
  expect(program.output).toContain('its checkpoints end with the process');
  expect(program.output).toMatch(/pass [1-9]/);
});

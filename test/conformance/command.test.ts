import { describe, expect, it } from 'vitest';
import { startProgram } from '../harness/index.ts';

const command = new URL('../../packages/testkit/src/command.ts', import.meta.url);
const moduleOf = (name: string) => new URL(`command/${name}.program.ts`, import.meta.url).pathname;

const run = async (args: readonly string[]) => {
  await using program = await startProgram(command, { args });
  const { code } = await program.exited;
  return { code, output: program.output };
};

describe('the command of the testkit', () => {
  it('runs the suites of what a module exports', async () => {
    const { code, output } = await run([moduleOf('stores')]);
    expect(output).toMatch(/# fail 0|fail 0/);
    expect(output).toContain('checkpoint store, replies lost after the work');
    expect(code).toBe(0);
  });

  it('fails when a connector does', async () => {
    const { code, output } = await run([moduleOf('forgetful-store')]);
    expect(output).toMatch(/fail [1-9]/);
    expect(code).toBe(1);
  });

  it.each([
    { args: [], problem: 'One module is needed.' },
    { args: ['a.js', 'b.js'], problem: 'One module is needed.' },
    { args: ['--unknown'], problem: 'One module is needed.' },
    { args: [moduleOf('nothing')], problem: 'exports none of source, sink, checkpointStore, eventHub' },
  ])('says how it is used: $args', async ({ args, problem }) => {
    const { code, output } = await run(args);
    expect(output).toContain(problem);
    expect(output).toContain('Usage: millrace-testkit <module>');
    expect(code).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import { isRunning, sampleResidentMemory } from '../../packages/testkit/src/processes/index.ts';
import { until } from '../../packages/testkit/src/waiting/index.ts';
import { nodeBinary } from './node-binary.ts';
import { startProgram } from './start-program.ts';

const program = (name: string) => new URL(`programs/${name}`, import.meta.url);

describe('a program', () => {
  it('runs TypeScript on workspace sources and exchanges messages', async () => {
    await using echo = await startProgram(program('echo.ts'), { args: ['a', 'b'], env: { COLOUR: 'blue' } });
    expect(await echo.message('ready')).toEqual({ args: ['a', 'b'], colour: 'blue', error: 'MillraceError' });
    await echo.send('say', { a: 1 });
    expect(await echo.message('echo')).toEqual({ a: 1 });
    await echo.send('end');
    await echo.message('disposed');
    expect(await echo.exited).toEqual({ code: 0, signal: null });
  });

  it('fails a wait for a message it will not send, with its output', async () => {
    await using echo = await startProgram(program('echo.ts'));
    await echo.send('say');
    await echo.message('echo');
    await echo.send('end', 'fail');
    await expect(echo.message('never')).rejects.toThrow('told to fail');
    expect(await echo.exited).toEqual({ code: 1, signal: null });
  });

  it('is killed on request, on abort and when disposed of', async () => {
    const abort = new AbortController();
    const [first, second, third] = [
      await startProgram(program('echo.ts')),
      await startProgram(program('echo.ts'), { signal: abort.signal }),
      await startProgram(program('echo.ts')),
    ];
    first.kill('SIGKILL');
    abort.abort();
    await third[Symbol.asyncDispose]();
    const killed = { code: null, signal: 'SIGKILL' };
    expect(await Promise.all([first.exited, second.exited, third.exited])).toEqual([killed, killed, killed]);
  });

  it('dies with the program that started it, even when stopped', async () => {
    await using parent = await startProgram(program('parent.ts'));
    const child = await parent.message<number>('started');
    expect(isRunning(child)).toBe(true);
    parent.kill('SIGKILL');
    await parent.exited;
    await until(() => !isRunning(child), { describe: 'end of the child' });
  });

  it.each([22, 24] as const)('runs plain JavaScript under Node %i', async (version) => {
    await using plain = await startProgram(program('plain.mjs'), { node: nodeBinary(version) });
    expect(await plain.message('version')).toMatch(new RegExp(`^${version}\\.`));
    expect(await plain.exited).toEqual({ code: 0, signal: null });
  });

  it('has its memory measured', async () => {
    await using echo = await startProgram(program('echo.ts'));
    using sample = sampleResidentMemory(echo.pid, 5);
    await echo.message('ready');
    expect(sample.max).toBeGreaterThan(20 * 1024 * 1024);
    await echo[Symbol.asyncDispose]();
    const max = sample.stop();
    expect(max).toBeLessThan(1024 * 1024 * 1024);
  });
});

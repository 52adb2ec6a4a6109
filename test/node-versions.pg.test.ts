import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bankWorld } from './bank/bank-world.ts';
import { nodeBinary, startProgram } from './harness/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages: readonly string[];
  }[];
}

const failuresOf = ({ name, message, assertionResults }: FileReport): string => {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  return [name, message, ...failed.flatMap(({ fullName, failureMessages }) => [fullName, ...failureMessages])].join(
    '\n',
  );
};

test.each([22, 24] as const)('every unit test passes on Node %i', { timeout: 600_000 }, async (version) => {
  const run = [vitest, 'run', '--project', 'unit', '--typecheck.enabled=false', '--reporter=json'];
  // It rejects when a test fails, with what was reported all the same.
  const { stdout } = await promisify(execFile)(nodeBinary(version), run, { cwd: root, maxBuffer: 1e9 }).catch(
    (failed: { readonly stdout: string }) => failed,
  );
  const { numPassedTests, testResults } = JSON.parse(stdout) as Report;
  expect(testResults.filter(({ status }) => status !== 'passed').map(failuresOf)).toEqual([]);
  expect(numPassedTests).toBeGreaterThan(100);
});

test.each([
  [20, process.execPath],
  [22, nodeBinary(22)],
  [24, nodeBinary(24)],
])('the built packages run a stream on Node %i, imported and required', { timeout: 60_000 }, async (_, node) => {
  await using world = await bankWorld();
  const args = [world.source.url, world.target.url, world.slot];
  for (const program of ['imported.mjs', 'required.cjs']) {
    await using child = await startProgram(new URL(`node-versions/${program}`, import.meta.url), { args, node });
    await child.message('running');
    if (program === 'imported.mjs') await world.fill();
    expect(await world.settle()).toEqual([]);
    await child.send('stop');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  }
});

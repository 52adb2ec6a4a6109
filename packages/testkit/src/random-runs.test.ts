import assert, { AssertionError } from 'node:assert';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { everyRandom } from './random-runs.ts';
import { workRelations } from './workload/relations.test-support.ts';
import { workloads } from './workload/workloads.ts';

afterEach(() => fc.resetConfigureGlobal());

const failure = async (check: (deletes: number) => void): Promise<unknown> =>
  everyRandom(workloads(workRelations), async ({ transactions }) =>
    check(transactions.flatMap(({ operations }) => operations).filter(({ kind }) => kind === 'delete').length),
  ).catch((error: unknown) => error);

it('what fails is made small, and printed as SQL with its seed', async () => {
  const error = await failure((deletes) => assert.ok(deletes === 0, 'rows are deleted'));
  assert.ok(error instanceof AssertionError);
  expect(error.message).toMatch(/seed: 1.*rows are deleted/s);
  const statements = error.message.split('\n').filter((line) => /^ {2}(INSERT|UPDATE|DELETE|TRUNCATE)/.test(line));
  expect(statements.map((statement) => statement.trim().split(' ')[0])).toEqual(['INSERT', 'DELETE']);
});

it('what is no failure of the connector is the cause', async () => {
  const cause = new Error('the network is gone');
  const error = await failure(() => {
    throw cause;
  });
  expect(error).not.toBeInstanceOf(AssertionError);
  expect(error).toMatchObject({ cause });
});

it('as many values are tried as fast-check is configured for', async () => {
  fc.configureGlobal({ numRuns: 20 });
  let tried = 0;
  await failure(() => tried++);
  expect(tried).toBe(20);
});

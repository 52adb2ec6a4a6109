import { expect, it } from 'vitest';
import { policiesOf, sidePolicies, targetPolicies, targetPolicyProblems } from './target-policies.ts';

const users = { schema: 'public', table: 'users' };

it('a table has what is said of it, and else what is said of all', () => {
  const policies = targetPolicies({
    schemaPolicy: 'fail-if-exists',
    tables: { 'public.users': { existingRows: 'truncate-and-load' }, 'public.constructor': {} },
  });
  expect(policiesOf(policies, users)).toEqual({ schemaPolicy: 'fail-if-exists', existingRows: 'truncate-and-load' });
  expect(policiesOf(policies, { schema: 'public', table: 'orders' })).toEqual({
    schemaPolicy: 'fail-if-exists',
    existingRows: 'fail-if-not-empty',
  });
  expect(policiesOf(targetPolicies({}), { schema: 'to', table: 'String' })).toEqual({
    schemaPolicy: 'create-missing',
    existingRows: 'fail-if-not-empty',
  });
});

it('beside a stream nothing is dropped, emptied, or refused because it exists', () => {
  const policies = sidePolicies(
    targetPolicies({
      schemaPolicy: 'drop-and-recreate',
      existingRows: 'truncate-and-load',
      tables: {
        'public.a': { schemaPolicy: 'fail-if-exists' },
        'public.b': { schemaPolicy: 'validate-existing', existingRows: 'truncate-and-load' },
      },
    }),
  );
  for (const [table, schemaPolicy] of [
    ['a', 'create-missing'],
    ['b', 'validate-existing'],
    ['c', 'create-missing'],
  ] as const)
    expect(policiesOf(policies, { schema: 'public', table })).toEqual({
      schemaPolicy,
      existingRows: 'fail-if-not-empty',
    });
});

it('every problem has its path', () => {
  expect(targetPolicyProblems({ schemaPolicy: 'drop', existingRows: ['truncate-and-load'] })).toEqual([
    {
      path: 'schemaPolicy',
      message: 'must be "create-missing", "validate-existing", "fail-if-exists" or "drop-and-recreate"',
    },
    { path: 'existingRows', message: 'must be "fail-if-not-empty" or "truncate-and-load"' },
  ]);
});

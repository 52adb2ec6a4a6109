/**
 * Where a target table comes from. `create-missing`: one that is missing is made, one that exists must fit;
 * `validate-existing`: it must exist and fit, nothing is made; `fail-if-exists`: it must not exist when its copy begins, and
 * is made; `drop-and-recreate`: one that exists when its copy begins is dropped with its rows, and made anew.
 */
export type SchemaPolicy = 'create-missing' | 'validate-existing' | 'fail-if-exists' | 'drop-and-recreate';

export const schemaPolicies: readonly SchemaPolicy[] = [
  'create-missing',
  'validate-existing',
  'fail-if-exists',
  'drop-and-recreate',
];

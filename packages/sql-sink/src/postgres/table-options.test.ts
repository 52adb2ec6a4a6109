import { expect, it } from 'vitest';
import { tableOptionProblems } from './table-options.ts';

it('every problem of a table has its path', () => {
  expect(
    tableOptionProblems({
      users: { schemaPolicy: 'create-missing' },
      'public.a': { existingRows: 7, policy: 'x', writeMode: 'merge', name: '', columns: { a: 1 } },
      'public.b': null,
      'public.c': { name: 'other.c', columns: { id: 'key' }, deletes: 'soft', schemaPolicy: 'fail-if-exists' },
    }),
  ).toEqual([
    { path: 'tables.users', message: 'must be named as schema.table' },
    { path: 'tables.public.a.existingRows', message: 'must be "fail-if-not-empty" or "truncate-and-load"' },
    { path: 'tables.public.a.name', message: 'must be a name of 1 to 63 bytes, or schema.table' },
    { path: 'tables.public.a.columns.a', message: 'must be a name of 1 to 63 bytes' },
    { path: 'tables.public.a.writeMode', message: 'must be "upsert" or "append" or "changelog"' },
    { path: 'tables.public.a.policy', message: 'is not an option' },
    { path: 'tables.public.b', message: 'must be an object' },
  ]);
  expect(tableOptionProblems([])).toEqual([{ path: 'tables', message: 'must be an object' }]);
});

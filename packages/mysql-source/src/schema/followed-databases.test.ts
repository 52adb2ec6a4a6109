import fc from 'fast-check';
import { expect, it } from 'vitest';
import { selectedTables } from '../../../core/src/pipeline/table-selection.ts';
import { captures } from '../log/captures.ts';
import { followedDatabases, isFollowed } from './followed-databases.ts';

it.each([
  [['shop.users', 'shop.orders'], ['shop']],
  [
    ['shop.users', 'crm.users'],
    ['crm', 'shop'],
  ],
  [['shop.*'], ['shop', 'shop.*']],
  [['sh*p.users'], ['sh*']],
  [['*.users'], ['*']],
  [['a.b.c'], ['a', 'a.b']],
  [[], ['shop']],
])('the databases of %j are %j', (names, followed) => {
  expect(followedDatabases(selectedTables(names, 'shop'), 'shop')).toEqual(followed);
});

it('without names and database, all but the server’s own', () => {
  const followed = followedDatabases([], null);
  expect(['shop', 'mysql', 'SYS'].map((database) => isFollowed(followed, database))).toEqual([true, false, false]);
});

it('every database that holds a captured table is followed, and hardly another', () => {
  const text = fc.stringMatching(/^[ab.]{1,3}$/);
  const pattern = fc.stringMatching(/^[ab.*]{1,3}\.[ab*]{1,3}$/);
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), text, text, (names, database, table) => {
      const tables = selectedTables(names, undefined);
      if (captures(tables, null)(database, table))
        expect(isFollowed(followedDatabases(tables, null), database)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
  const shop = followedDatabases(selectedTables(['shop.*'], undefined), null);
  expect(['shop', 'shop.x', 'shop2', 'sho'].map((name) => isFollowed(shop, name))).toEqual([true, true, false, false]);
});

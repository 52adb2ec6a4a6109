import { expect, it } from 'vitest';
import { tableFacts } from '../catalog/table-facts.test-support.ts';
import { filterProblems, refuseFilters } from './filter-problems.ts';
import type { PublicationFacts } from './publication-facts.ts';
import { publicationPlan } from './publication-plan.ts';

const planOf = (publication: Partial<PublicationFacts>, isIdentified: boolean) =>
  publicationPlan({
    streamId: 's',
    publication: 'p',
    viaRoot: true,
    tables: [
      {
        facts: tableFacts({ table: 't', identified: true }),
        operations: new Set(['insert', 'update']),
        where: 'n > 1',
      },
    ],
    existing: [
      {
        name: 'p',
        allTables: false,
        operations: ['insert', 'update', 'delete', 'truncate'],
        viaRoot: true,
        comment: null,
        tables: new Map([['public.t', { rowFilter: null, columns: null }]]),
        ...publication,
      },
    ],
    filters: new Map([['public.t', { text: '(n > 1)', isIdentified, problem: null }]]),
  });

const fixOf = (publication: Partial<PublicationFacts>, isIdentified: boolean) =>
  filterProblems(planOf(publication, isIdentified))[0]?.fix;

it('the statements that change a filter never make those of the application fail', () => {
  const change =
    'ALTER PUBLICATION "p" DROP TABLE "public"."t"; ALTER PUBLICATION "p" ADD TABLE "public"."t" WHERE (n > 1\n);';
  expect(fixOf({}, true)).toContain(`BEGIN; ${change} COMMIT;`);
  expect(fixOf({}, false)).toContain(`BEGIN; ALTER TABLE "public"."t" REPLICA IDENTITY FULL; ${change} COMMIT;`);
  expect(fixOf({ allTables: true }, true)).not.toContain('ALTER PUBLICATION');
});

it('a stream whose publication publishes other rows does not begin', () => {
  const differs = { code: 'ROW_FILTER_DIFFERS', recovery: 'operator' };
  expect(() => refuseFilters(planOf({}, true))).toThrow(expect.objectContaining(differs));
  const same = new Map([['public.t', { rowFilter: '(n > 1)', columns: null }]]);
  expect(() => refuseFilters(planOf({ tables: same }, true))).not.toThrow();
});

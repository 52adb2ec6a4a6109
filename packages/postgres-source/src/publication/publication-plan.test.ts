import type { Operation } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { SelectedTable } from '../catalog/select-tables.ts';
import { tableFacts } from '../catalog/table-facts.test-support.ts';
import type { PublicationFacts } from './publication-facts.ts';
import { publicationPlan } from './publication-plan.ts';
import type { RowFilter, RowFilters } from './row-filters.ts';

const all: Operation[] = ['insert', 'update', 'delete', 'truncate'];
const table = (name: string, identified: boolean, operations = all): SelectedTable => ({
  facts: tableFacts({ table: name, identified }),
  operations: new Set(operations),
  where: null,
});
const plan = (
  tables: readonly SelectedTable[],
  existing: readonly PublicationFacts[] = [],
  filters: RowFilters = new Map(),
) => publicationPlan({ streamId: "it's", publication: 'Shop', viaRoot: true, tables, existing, filters });

const main: PublicationFacts = {
  name: 'Shop',
  allTables: false,
  operations: all,
  viaRoot: true,
  comment: null,
  tables: new Map([['public.a', { rowFilter: null, columns: null }]]),
};

describe('publicationPlan', () => {
  it('publishes identifiable tables and marks the publication as ours', () => {
    const tables = [table('a', true), table('B"', true)];
    expect(plan(tables)).toEqual({
      additions: [],
      made: tables,
      statements: [
        `CREATE PUBLICATION "Shop" FOR TABLE "public"."a", "public"."B""" WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)`,
        `COMMENT ON PUBLICATION "Shop" IS 'millrace it''s'`,
      ],
      unidentified: [],
      unfiltered: [],
      otherRows: [],
    });
  });

  it('never publishes updates or deletes of a table without replica identity', () => {
    const keyless = table('log', false);
    const { statements, unidentified } = plan([table('a', true), keyless]);
    expect(unidentified).toEqual([keyless]);
    expect(statements.join()).not.toContain('log');
  });

  it('publishes the inserts of such a table separately', () => {
    const { statements, unidentified } = plan([table('a', true), table('log', false, ['insert'])]);
    expect(unidentified).toEqual([]);
    expect(statements[2]).toBe(
      `CREATE PUBLICATION "Shop_insert" FOR TABLE "public"."log" WITH (publish = 'insert', publish_via_partition_root = true)`,
    );
    const withTruncate = plan([table('log', false, ['insert', 'truncate'])]);
    expect(withTruncate.statements[0]).toMatch(/^CREATE PUBLICATION "Shop" WITH /);
    expect(withTruncate.statements[2]).toContain(`publish = 'insert, truncate'`);
  });

  it('uses a publication that exists as it is', () => {
    expect(plan([table('a', true), table('b', true)], [main]).statements).toEqual([]);
  });

  it('adds to its own publication, and never what would make statements of the application fail', () => {
    const own = { ...main, comment: "millrace it's" };
    const tables = [table('a', true), table('b', true), table('log', false)];
    const add = 'ALTER PUBLICATION "Shop" ADD TABLE "public"."b"';
    expect(plan(tables, [own])).toEqual({
      statements: [add],
      additions: [add],
      made: [tables[1]],
      unidentified: [tables[2]],
      unfiltered: [],
      otherRows: [],
    });
  });

  it('leaves a table alone that an existing publication covers', () => {
    expect(plan([table('a', false)], [main])).toMatchObject({ statements: [], made: [], unidentified: [] });
  });

  describe('with conditions on rows', () => {
    const some = (name: string, where: string, operations = all): SelectedTable => ({
      ...table(name, true, operations),
      where,
    });
    const filters = (filter: Partial<RowFilter>): RowFilters =>
      new Map([['public.a', { text: '(n > 1)', isIdentified: true, problem: null, ...filter }]]);

    it('publishes what they say, behind which a comment may stand', () => {
      const { statements, otherRows } = plan([some('a', 'n > 1 -- few'), table('b', true)], [], filters({}));
      expect(statements[0]).toContain('FOR TABLE "public"."a" WHERE (n > 1 -- few\n), "public"."b" WITH');
      expect(otherRows).toEqual([]);
      const own = { ...main, comment: "millrace it's", tables: new Map() };
      expect(plan([some('a', 'n > 1')], [own], filters({})).additions).toEqual([
        'ALTER PUBLICATION "Shop" ADD TABLE "public"."a" WHERE (n > 1\n)',
      ]);
    });

    it('never publishes updates or deletes where the identity lacks one of its columns', () => {
      const lacking = filters({ isIdentified: false });
      const { statements, unidentified } = plan([some('a', 'n > 1')], [], lacking);
      expect(unidentified).toHaveLength(1);
      expect(statements.join()).not.toContain('"a"');
      const inserts = plan([some('a', 'n > 1', ['insert'])], [], lacking);
      expect(inserts.unidentified).toEqual([]);
      expect(inserts.statements[2]).toContain('CREATE PUBLICATION "Shop_insert" FOR TABLE "public"."a" WHERE (n > 1');
    });

    it('refuses a publication of other rows, and of its own one that publishes some where all are asked for', () => {
      const publishing = (rowFilter: string | null, comment: string | null = null): PublicationFacts => ({
        ...main,
        comment,
        tables: new Map([['public.a', { rowFilter, columns: null }]]),
      });
      const differs = (asked: SelectedTable, publication: PublicationFacts, known: RowFilters) =>
        plan([asked], [publication], known).otherRows.length > 0;
      expect(differs(some('a', 'n>1'), publishing('(n > 1)'), filters({}))).toBe(false);
      expect(differs(some('a', 'n>1'), publishing('(n > 2)'), filters({}))).toBe(true);
      expect(differs(some('a', 'n>1'), publishing(null), filters({}))).toBe(true);
      expect(differs(table('a', true), publishing('(n > 2)'), new Map())).toBe(false);
      expect(differs(table('a', true), publishing('(n > 2)', "millrace it's"), new Map())).toBe(true);
      expect(plan([some('a', '?')], [], filters({ text: null, problem: 'wrong' })).unfiltered).toMatchObject([
        { problem: 'wrong' },
      ]);
    });
  });
});

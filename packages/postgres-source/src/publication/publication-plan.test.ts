import type { Operation } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { SelectedTable } from '../catalog/select-tables.ts';
import { tableFacts } from '../catalog/table-facts.test-support.ts';
import type { PublicationFacts } from './publication-facts.ts';
import { publicationPlan } from './publication-plan.ts';

const all: Operation[] = ['insert', 'update', 'delete', 'truncate'];
const table = (name: string, identified: boolean, operations = all): SelectedTable => ({
  facts: tableFacts({ table: name, identified }),
  operations: new Set(operations),
});
const plan = (tables: readonly SelectedTable[], existing: readonly PublicationFacts[] = []) =>
  publicationPlan({ streamId: "it's", publication: 'Shop', viaRoot: true, tables, existing });

const main: PublicationFacts = {
  name: 'Shop',
  allTables: false,
  operations: all,
  viaRoot: true,
  comment: null,
  tables: new Map([['public.a', { rowFilter: null, columnList: false }]]),
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
    });
  });

  it('leaves a table alone that an existing publication covers', () => {
    expect(plan([table('a', false)], [main])).toEqual({ statements: [], additions: [], made: [], unidentified: [] });
  });
});

import { qualifiedName, type SelectedTable } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { selectTables } from './select-tables.ts';
import { tableFacts } from './table-facts.test-support.ts';

const catalog = [
  tableFacts({ table: 'users' }),
  tableFacts({ table: 'user_log', identified: false, identity: 'none', key: null }),
  tableFacts({ table: 'odd.name' }),
  tableFacts({ schema: 'sales', table: 'orders', kind: 'partitioned' }),
  tableFacts({ schema: 'sales', table: 'orders_2026', partition: true }),
  tableFacts({ schema: 'millrace', table: 'checkpoint' }),
  tableFacts({ table: 'scratch', persistence: 'unlogged' }),
  tableFacts({ table: 'remote', kind: 'foreign' }),
];

const select = (names: readonly string[], viaRoot = true, published: string[] | null = null) => {
  const requested: SelectedTable[] = names.map((name) => ({ name, operations: ['insert'] }));
  const selection = selectTables(requested, catalog, {
    viaRoot,
    published: published && new Map(published.map((name) => [name, new Set(['insert'] as const)])),
  });
  return {
    tables: selection.tables.map(({ facts }) => qualifiedName(facts)),
    missing: selection.missing,
    notLogged: selection.notLogged.map(qualifiedName),
    leftOut: selection.leftOut.map(qualifiedName),
  };
};

describe('selectTables', () => {
  it('offers every identifiable table, partitions as their root, when nothing is named', () => {
    expect(select([])).toEqual({
      tables: ['public.users', 'public.odd.name', 'sales.orders'],
      missing: [],
      notLogged: [],
      leftOut: ['public.user_log'],
    });
  });

  it('offers partitions themselves when they are not published as their root', () => {
    expect(select([], false).tables).toEqual(['public.users', 'public.odd.name', 'sales.orders_2026']);
  });

  it('takes what is published when nothing is named', () => {
    expect(select([], true, ['public.user_log']).tables).toEqual(['public.user_log']);
  });

  it('understands patterns, which never stand for something that is not logged', () => {
    expect(select(['public.user*', 'sales.*'])).toMatchObject({
      tables: ['public.users', 'public.user_log', 'sales.orders'],
      missing: [],
      notLogged: [],
    });
  });

  it('says which names stand for nothing', () => {
    expect(select(['public.nothing', 'none.*', 'public.users']).missing).toEqual(['public.nothing', 'none.*']);
  });

  it('says what was named and is not logged', () => {
    expect(select(['public.scratch', 'public.remote']).notLogged).toEqual(['public.scratch', 'public.remote']);
  });

  it('lets the entry of a table win over the patterns it matches', () => {
    const requested: SelectedTable[] = [
      { name: 'public.user_log', operations: ['insert'] },
      { name: 'public.*', operations: ['insert', 'update', 'delete'] },
    ];
    const { tables } = selectTables(requested, catalog, { viaRoot: true, published: null });
    const log = tables.find(({ facts }) => facts.table === 'user_log');
    expect([...(log?.operations ?? [])]).toEqual(['insert']);
  });
});

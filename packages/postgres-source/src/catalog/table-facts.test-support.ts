import type { TableFacts } from './table-facts.ts';

/** An ordinary table with a primary key, for tests. */
export const tableFacts = (given: Partial<TableFacts> & { readonly table: string }): TableFacts => ({
  oid: 1,
  schema: 'public',
  kind: 'table',
  persistence: 'permanent',
  partition: false,
  identity: 'key',
  identified: true,
  unidentified: [],
  key: ['id'],
  owned: true,
  ...given,
});

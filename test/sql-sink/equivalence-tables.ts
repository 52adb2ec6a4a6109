import type { Relation } from '@millrace/core';
import type { GivenValues } from '@millrace/testkit/workload';
import { relationOf } from '../../packages/sql-sink/src/testing/changes.ts';

const unique = (...names: readonly string[]) =>
  names.map((name) => ({ terms: [name], predicate: null, nullsEqual: false }));

/** Two unique keys beside the primary key, a table without key, a key of two columns. */
export const tables: readonly Relation[] = [
  {
    ...relationOf({
      table: 'accounts',
      columns: ['id bigint!', 'email text', 'code text', 'note text', 'parent bigint'],
      key: ['id'],
    }),
    unique: unique('email', 'code'),
  },
  relationOf({ table: 'entries', columns: ['amount numeric', 'label text', 'payload json'], identity: 'full' }),
  {
    ...relationOf({
      table: 'orders',
      columns: ['number bigint!', 'line integer!', 'serial bigint!', 'text text'],
      key: ['number', 'line'],
    }),
    unique: unique('serial'),
  },
];

const amounts = ['1', '1.0', '1.00', '2'];
const payloads = ['{"a":1}', '{"a": 1}', '[]'];

/** Equal numbers of different text, and JSON that has no equality at all. */
export const values: GivenValues = {
  numeric: (number) => amounts[number % amounts.length],
  json: (number) => payloads[number % payloads.length],
};

/** Also a self-reference, an identity that is always generated, and a column that the source does not have. */
export const targetTables = (schema: string): string => `
  CREATE SCHEMA ${schema};
  CREATE TABLE ${schema}.accounts (id bigint PRIMARY KEY, email text UNIQUE, code text UNIQUE, note text,
    parent bigint REFERENCES ${schema}.accounts);
  CREATE TABLE ${schema}.entries (amount numeric, label text, payload json);
  CREATE TABLE ${schema}.orders (number bigint, line integer, serial bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    text text, extra text DEFAULT 'kept', PRIMARY KEY (number, line))`;

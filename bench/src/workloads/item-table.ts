import type { Table } from './workload.ts';

/** The columns most scenarios use: about 190 bytes in the log's text form. */
export const itemTable: Table = {
  name: 'items',
  create: `CREATE TABLE items (id bigint PRIMARY KEY, quantity int NOT NULL, price numeric(12,2) NOT NULL,
    note text NOT NULL, changed_at timestamptz NOT NULL, attributes jsonb NOT NULL)`,
  keyed: true,
};

/** The values of item number `n`, as a SQL list. */
export const itemValues = (n: string): string => `${n},
  (${n} % 1000)::int,
  ((${n} % 100000)::numeric / 100)::numeric(12,2),
  rpad(md5((${n})::text), 40, '0'),
  timestamptz '2025-01-01 00:00:00Z' + (${n}) * interval '1 second',
  jsonb_build_object('number', ${n}, 'label', 'item ' || (${n}) % 100, 'open', (${n}) % 2 = 0, 'state', 'new')`;

/** A statement that inserts the items from `first` to `last`. */
export const insertItems = (first: string, last: string): string =>
  `INSERT INTO items SELECT ${itemValues('n')} FROM generate_series(${first}, ${last}) n`;

/** A statement that changes three columns of the items from `first` to `last`. */
export const updateItems = (first: string, last: string): string =>
  `UPDATE items SET quantity = quantity + 1, price = price + 1, changed_at = changed_at + interval '1 hour'
    WHERE id BETWEEN ${first} AND ${last}`;

import { long } from '../../sql-sink/replayed-log/logged-tables.ts';

/** Tables whose columns change: two unique keys beside the key, a key of two columns, whole old rows, an index as identity, no key. */
const tables = `
  CREATE TABLE accounts (id bigint PRIMARY KEY, email text UNIQUE, code integer UNIQUE, note text);
  ALTER TABLE accounts ALTER note SET STORAGE EXTERNAL;
  CREATE TABLE orders (number integer, line text, amount numeric(8,2), PRIMARY KEY (number, line));
  CREATE TABLE whole (id integer PRIMARY KEY, n smallint, long text);
  ALTER TABLE whole REPLICA IDENTITY FULL;
  ALTER TABLE whole ALTER long SET STORAGE EXTERNAL;
  CREATE TABLE by_index (id bigint UNIQUE, code varchar(40) NOT NULL, note varchar(5000));
  CREATE UNIQUE INDEX by_code ON by_index (code);
  ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_code;
  ALTER TABLE by_index ALTER note SET STORAGE EXTERNAL;
  CREATE TABLE entries (amount numeric(8,2), label varchar(40));
  ALTER TABLE entries REPLICA IDENTITY FULL;
  CREATE TABLE markers (n integer PRIMARY KEY);`;

export const changingTables = {
  names: ['accounts', 'orders', 'whole', 'by_index', 'entries'],
  source: `${tables} CREATE SEQUENCE fresh START 1000`,
  target: tables,
  seed: [
    `INSERT INTO accounts SELECT g, 'e' || g, g, ${long('g')} FROM generate_series(1, 9) g`,
    "INSERT INTO orders SELECT g % 4, 'line ' || g, g / 4.0 FROM generate_series(1, 8) g",
    `INSERT INTO whole SELECT g, g, ${long('g')} FROM generate_series(1, 8) g`,
    `INSERT INTO by_index SELECT g, 'c' || g, ${long('g')} FROM generate_series(1, 8) g`,
    "INSERT INTO entries SELECT g % 3, 'l' || g % 2 FROM generate_series(1, 6) g",
  ],
};

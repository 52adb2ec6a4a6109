/** What both sides have; the target without the source's own sequence, and with a column of its own. */
const tables = `
  CREATE TABLE accounts (id bigint PRIMARY KEY, email text UNIQUE, code integer UNIQUE, parent bigint, note text);
  ALTER TABLE accounts ALTER note SET STORAGE EXTERNAL;
  CREATE TABLE entries (amount numeric, label text, payload json);
  ALTER TABLE entries REPLICA IDENTITY FULL;
  CREATE TABLE orders (number integer, line text, amount double precision, text text, PRIMARY KEY (number, line));
  CREATE TABLE whole (id integer PRIMARY KEY, n smallint, long text, tags text[]);
  ALTER TABLE whole REPLICA IDENTITY FULL;
  ALTER TABLE whole ALTER long SET STORAGE EXTERNAL;
  CREATE TABLE by_index (id bigint UNIQUE, code text NOT NULL, note text);
  CREATE UNIQUE INDEX by_code ON by_index (code);
  ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_code;
  ALTER TABLE by_index ALTER note SET STORAGE EXTERNAL;
  CREATE TABLE always (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
  CREATE TABLE texts (key text PRIMARY KEY, flag boolean, amount numeric, at timestamptz, raw bytea, doc jsonb,
    tags text[], ratio real, id uuid, span interval, range int4range, plain text);
  ALTER TABLE texts ALTER key SET STORAGE EXTERNAL;
  CREATE TABLE markers (n integer PRIMARY KEY);`;

/** Foreign keys act at the source, where the log says what they did; values of `fresh` are never used twice. */
const sourceTables = `${tables}
  ALTER TABLE accounts ADD FOREIGN KEY (parent) REFERENCES accounts ON UPDATE CASCADE ON DELETE SET NULL;
  CREATE SEQUENCE fresh START 1000`;

export const targetTables = `${tables}
  ALTER TABLE accounts ADD FOREIGN KEY (parent) REFERENCES accounts;
  ALTER TABLE orders ADD extra text DEFAULT 'kept'`;

export const tableNames = ['accounts', 'entries', 'orders', 'whole', 'by_index', 'always', 'texts'] as const;

export type TableName = (typeof tableNames)[number];

/** A value that is stored out of line, so that an update of other columns leaves it out of the log. */
export const long = (of: string): string => `repeat(md5((${of})::text), 90)`;

/** Rows for the statements to meet. */
const seed: readonly string[] = [
  `INSERT INTO accounts SELECT g, 'e' || g, g, NULL, ${long('g')} FROM generate_series(1, 9) g`,
  "INSERT INTO entries SELECT g % 3, 'l' || g % 2, '{\"a\":1}' FROM generate_series(1, 6) g",
  "INSERT INTO orders SELECT g % 4, 'line ' || g, g / 3.0, 't' FROM generate_series(1, 8) g",
  `INSERT INTO whole SELECT g, g, ${long('g')}, '{a,NULL}' FROM generate_series(1, 8) g`,
  `INSERT INTO by_index SELECT g, 'c' || g, ${long('g')} FROM generate_series(1, 8) g`,
  `INSERT INTO always (note) SELECT 'n' || g FROM generate_series(1, 6) g`,
  "INSERT INTO texts (key, plain) SELECT 'k' || g, 'p' FROM generate_series(1, 5) g",
];

/** The tables of a log, and the rows that each history begins with. */
export interface LoggedTables {
  readonly names: readonly string[];
  readonly source: string;
  readonly target: string;
  readonly seed: readonly string[];
}

export const loggedTables: LoggedTables = { names: tableNames, source: sourceTables, target: targetTables, seed };

import type { MysqlKind } from '@millrace/test/harness';

/** The items of `itemTable` at MariaDB, value for value, and at MySQL but for the notes: MySQL has no md5 any more. */
export const binlogItemTable = `CREATE TABLE items (id bigint PRIMARY KEY, quantity int NOT NULL,
  price decimal(12,2) NOT NULL, note varchar(40) NOT NULL, changed_at timestamp(6) NOT NULL, attributes json NOT NULL)`;

const exact = { mysql: 'utf8mb4_0900_bin', mariadb: 'utf8mb4_nopad_bin' } as const;

/** The items of `itemTable` at MySQL or MariaDB, in the types that our sink gives to the columns of PostgreSQL. */
export const copiedItemTable = (kind: MysqlKind): string => `CREATE TABLE items (id bigint PRIMARY KEY,
  quantity int NOT NULL, price decimal(12,2) NOT NULL, note longtext NOT NULL, changed_at datetime(6) NOT NULL,
  attributes longtext NOT NULL) CHARACTER SET utf8mb4 COLLATE ${exact[kind]}`;

const hash = { mysql: (n: string) => `left(sha2(${n}, 256), 32)`, mariadb: (n: string) => `md5(${n})` };

const values = (
  kind: MysqlKind,
  n: string,
): string => `${n}, ${n} % 1000, (${n} % 100000) / 100, rpad(${hash[kind](n)}, 40, '0'),
  '2025-01-01 00:00:00' + INTERVAL (${n}) SECOND, concat('{"number": ', ${n}, ', "label": "item ', ${n} % 100,
  '", "open": ', if(${n} % 2 = 0, 'true', 'false'), ', "state": "new"}')`;

const digits = `(${Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS n`).join(' UNION ALL ')})`;
const thousand = `(SELECT first + a.n + 10 * b.n + 100 * c.n AS n FROM ${digits} a, ${digits} b, ${digits} c) numbers`;

/** A procedure that does something for the numbers from 1 to `rows`, which `first` steps through by `step`. */
const repeated = (name: string, rows: number, step: number, statement: string): readonly string[] => [
  `CREATE PROCEDURE ${name}() BEGIN DECLARE first bigint DEFAULT 1;
    WHILE first <= ${rows} DO ${statement}; SET first = first + ${step}; END WHILE; END`,
  `CALL ${name}()`,
];

const byThousand = (name: string, rows: number, statement: string) => repeated(name, rows, 1_000, statement);

/** The statements that insert items in transactions of 1,000. */
export const insertBinlogItems = (kind: MysqlKind, rows: number): readonly string[] =>
  byThousand('insert_items', rows, `INSERT INTO items SELECT ${values(kind, 'n')} FROM ${thousand} WHERE n <= ${rows}`);

/** The statements that change three columns of items in transactions of 1,000. */
export const updateBinlogItems = (rows: number): readonly string[] =>
  byThousand(
    'update_items',
    rows,
    `UPDATE items SET quantity = quantity + 1, price = price + 1, changed_at = changed_at + INTERVAL 1 HOUR
      WHERE id BETWEEN first AND least(first + 999, ${rows})`,
  );

/** The statements that delete items in transactions of 1,000. */
export const deleteBinlogItems = (rows: number): readonly string[] =>
  byThousand('delete_items', rows, `DELETE FROM items WHERE id BETWEEN first AND least(first + 999, ${rows})`);

/** The statements that insert items in transactions of one. */
export const insertSingleMariadbItems = (rows: number): readonly string[] =>
  repeated('insert_item', rows, 1, `INSERT INTO items SELECT ${values('mariadb', 'first')}`);

const mysqlHash = `left(sha2(concat_ws('|', id, quantity, price, note, date_format(changed_at, '%Y-%m-%d %H:%i:%s.%f'), attributes), 256), 15)`;
const postgresText = `concat_ws('|', id, quantity, price, note, to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
  attributes)`;
const postgresHash = `left(encode(sha256(convert_to(${postgresText}, 'UTF8')), 'hex'), 15)`;

/** How many items there are and the sum of a hash of each row, of all its columns as the server prints them. */
export const printedItems = {
  mysql: `CAST(count(*) AS CHAR) AS items, CAST(sum(CAST(conv(${mysqlHash}, 16, 10) AS unsigned)) AS CHAR) AS sum`,
  postgres: `count(*)::text AS items, sum(('x' || ${postgresHash})::bit(60)::bigint)::text AS sum`,
} as const;

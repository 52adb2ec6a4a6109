import { createConnection } from 'mysql2/promise';
import type { MysqlTestDatabase, TestDatabase } from '../../harness/index.ts';
import { type Load, startTransactions } from '../../snapshot/load.ts';

/** A schema as web shops have it: keys of every kind, foreign keys, enums, sets, full-text and spatial indexes, triggers, views. */
const schema = `
  CREATE TABLE countries (code char(2) CHARACTER SET ascii PRIMARY KEY, name varchar(60) NOT NULL, vat decimal(4,2));
  CREATE TABLE customers (id int unsigned AUTO_INCREMENT PRIMARY KEY, email varchar(80) NOT NULL UNIQUE, country char(2)
    CHARACTER SET ascii NOT NULL, level enum('new','regular','gold') NOT NULL DEFAULT 'new', flags set('mail','sms','post'),
    profile json, born date, since timestamp(6) NOT NULL DEFAULT current_timestamp(6), score double,
    FOREIGN KEY (country) REFERENCES countries (code), KEY (level));
  CREATE TABLE addresses (customer int unsigned NOT NULL, kind enum('bill','ship') NOT NULL, street varchar(120), place point NOT NULL,
    PRIMARY KEY (customer, kind), SPATIAL KEY (place), FOREIGN KEY (customer) REFERENCES customers (id));
  CREATE TABLE categories (id smallint PRIMARY KEY, parent smallint, name varchar(40) CHARACTER SET latin1 NOT NULL,
    FOREIGN KEY (parent) REFERENCES categories (id));
  CREATE TABLE products (sku varchar(20) PRIMARY KEY, category smallint NOT NULL, title varchar(100) NOT NULL, description text,
    price decimal(10,2) NOT NULL, made year, weight float, options bit(8), gross decimal(12,4) GENERATED ALWAYS AS (price * 1.19) STORED,
    FULLTEXT KEY (title, description), FOREIGN KEY (category) REFERENCES categories (id));
  CREATE TABLE images (id binary(16) PRIMARY KEY, sku varchar(20) NOT NULL, data mediumblob, KEY (sku));
  CREATE TABLE stock (warehouse tinyint unsigned, sku varchar(20), pieces int NOT NULL, open_from time, PRIMARY KEY (sku, warehouse));
  CREATE TABLE orders (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, customer int unsigned NOT NULL, total decimal(12,2) NOT NULL DEFAULT 0,
    state enum('cart','paid','sent','back') NOT NULL DEFAULT 'cart', at datetime(3) NOT NULL DEFAULT current_timestamp(3),
    FOREIGN KEY (customer) REFERENCES customers (id));
  CREATE TABLE order_items (order_id bigint unsigned, line smallint unsigned, sku varchar(20) NOT NULL, pieces int NOT NULL,
    PRIMARY KEY (order_id, line), FOREIGN KEY (order_id) REFERENCES orders (id), FOREIGN KEY (sku) REFERENCES products (sku));
  CREATE TABLE payments (order_id bigint unsigned PRIMARY KEY, amount decimal(12,2), means varchar(20), FOREIGN KEY (order_id) REFERENCES orders (id));
  CREATE TABLE sessions (token char(36) CHARACTER SET ascii PRIMARY KEY, customer int unsigned, data longtext);
  CREATE TABLE audit (what varchar(40), at datetime);
  CREATE VIEW open_orders AS SELECT * FROM orders WHERE state = 'cart';
  CREATE TRIGGER paid AFTER INSERT ON payments FOR EACH ROW
    INSERT INTO audit VALUES (concat('paid ', NEW.order_id), '2026-01-02 03:04:05')`;

const numbers = (count: number): string =>
  `(SELECT a.n + b.n * 10 + c.n * 100 + 1 AS g FROM ${['a', 'b', 'c']
    .map((name) => `(${Array.from({ length: 10 }, (_, n) => `SELECT ${n} n`).join(' UNION ')}) ${name}`)
    .join(', ')} HAVING g <= ${count}) numbers`;

const rows = `
  INSERT INTO countries VALUES ('de', 'Deutschland', 19), ('fr', 'France', 20), ('se', 'Sverige', NULL);
  INSERT INTO categories VALUES (1, NULL, 'Bücher'), (2, 1, 'Kochbücher'), (3, 1, 'Ælteres');
  INSERT INTO customers (email, country, level, flags, profile, born, score) SELECT concat('c', g, '@example.org'), elt(1 + g % 3, 'de', 'fr', 'se'),
    1 + g % 3, g % 8, json_object('n', g, 'tags', json_array('ü', 1.5)), '1970-01-01' + INTERVAL g DAY, g / 7 FROM ${numbers(800)};
  INSERT INTO addresses SELECT id, 1 + id % 2, concat('Straße ', id), ST_GeomFromText(concat('POINT(', id, ' ', -id, ')')) FROM customers;
  INSERT INTO products (sku, category, title, description, price, made, weight, options) SELECT concat('SKU-', g), 1 + g % 3, concat('Title ', g),
    repeat(concat('text ', g, ' '), 20), g * 1.01, 1950 + g % 100, g / 10, g % 256 FROM ${numbers(600)};
  INSERT INTO images SELECT unhex(lpad(hex(g), 32, '0')), concat('SKU-', g), repeat(char(g % 256), 3000) FROM ${numbers(300)};
  INSERT INTO stock SELECT g % 3, sku, length(title) * g, sec_to_time(g * 1000 - 5000) FROM products, ${numbers(3)};
  INSERT INTO orders (customer, total) SELECT 1 + g % 800, g FROM ${numbers(900)};
  INSERT INTO order_items SELECT id, n.g, concat('SKU-', 1 + (id * n.g) % 600), n.g FROM orders, ${numbers(3).replace('numbers', 'n')};
  INSERT INTO payments SELECT id, total, 'card' FROM orders WHERE id % 2 = 0;
  INSERT INTO sessions SELECT uuid(), g, repeat('s', g) FROM ${numbers(400)}`;

/** For each table its columns as both databases can say them: in MySQL, and at PostgreSQL. */
const columns: Readonly<Record<string, readonly (readonly [mysql: string, postgres: string] | string)[]>> = {
  countries: ['code', 'name', 'vat'],
  customers: [
    'id',
    'email',
    'country',
    'level',
    'flags',
    ['CAST(profile AS char)', 'profile::text'],
    'born',
    ['date_format(since, "%Y-%m-%d %H:%i:%s.%f")', "to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"],
    ['round(score * 1000)', 'round(score * 1000)'],
  ],
  addresses: ['customer', 'kind', 'street', ['lower(hex(ST_AsBinary(place)))', "encode(place, 'hex')"]],
  categories: ['id', 'parent', 'name'],
  products: [
    'sku',
    'category',
    'title',
    'description',
    'price',
    ['made + 0', 'made'],
    ['round(weight * 1000)', 'round(weight * 1000)'],
    ["lpad(bin(options), 8, '0')", 'options::text'],
  ],
  images: [['lower(hex(id))', "encode(id, 'hex')"], 'sku', ['lower(hex(data))', "encode(data, 'hex')"]],
  stock: ['warehouse', 'sku', 'pieces', 'open_from'],
  orders: ['id', 'customer', 'total', 'state', ['date_format(at, "%H:%i:%s.%f")', "to_char(at, 'HH24:MI:SS.US')"]],
  order_items: ['order_id', 'line', 'sku', 'pieces'],
  payments: ['order_id', 'amount', 'means'],
  sessions: ['token', 'customer', 'data'],
  audit: ['what', 'at'],
};

export const webShopTables = Object.keys(columns);

export const createWebShop = async (database: MysqlTestDatabase): Promise<void> => {
  await database.query("SET time_zone = '+00:00'");
  await database.query(schema);
  await database.query(rows);
};

/** The tables that differ. */
export const differingTables = async (source: MysqlTestDatabase, target: TestDatabase): Promise<readonly string[]> => {
  const different: string[] = [];
  for (const [table, listed] of Object.entries(columns)) {
    const [ours, theirs] = [0, 1].map((at) =>
      listed.map((column) => `coalesce(${typeof column === 'string' ? column : column[at]}, '-')`),
    );
    const text = (one: string) => one.replace(/^coalesce\((.*), '-'\)$/s, "coalesce(($1)::text, '-')");
    const left = await source.query<{ row: string }>(
      `SELECT concat_ws('|', ${ours?.join(', ')}) AS \`row\` FROM ${table}`,
    );
    const right = await target.query<{ row: string }>(
      `SELECT concat_ws('|', ${theirs?.map(text).join(', ')}) AS row FROM ${table}`,
    );
    const [one, other] = [left, right].map((found) => found.map(({ row }) => row).sort());
    const at = one?.findIndex((row, index) => row !== other?.[index]) ?? -1;
    if (at >= 0 || one?.length !== other?.length) different.push(`${table}: ${one?.[at]} <> ${other?.[at]}`);
  }
  return different;
};

const upTo = (count: number): number => 1 + Math.floor(Math.random() * count);

const transactions: readonly (() => string)[] = [
  () => `INSERT INTO orders (customer) VALUES (${upTo(800)}); SET @id = last_insert_id();
    INSERT INTO order_items VALUES (@id, 1, 'SKU-${upTo(600)}', ${upTo(9)}), (@id, 2, 'SKU-${upTo(600)}', 1);
    UPDATE orders SET total = ${upTo(500)}, state = 'paid' WHERE id = @id; INSERT INTO payments VALUES (@id, 1, 'cash')`,
  () =>
    `UPDATE stock SET pieces = pieces - 1, open_from = addtime(open_from, '00:00:01') WHERE sku = 'SKU-${upTo(600)}'`,
  () => `UPDATE customers SET level = 1 + level % 3, flags = (flags + 1) % 8, profile = json_set(profile, '$.n', ${upTo(99)})
    WHERE id = ${upTo(800)}`,
  () => `DELETE FROM order_items WHERE order_id = ${upTo(900)} AND line = 3`,
  () => `UPDATE products SET price = price + 1, options = b'${upTo(255).toString(2)}' WHERE sku = 'SKU-${upTo(600)}'`,
  () =>
    `DELETE FROM images WHERE sku = 'SKU-${upTo(300)}'; INSERT INTO images VALUES (unhex(replace(uuid(), '-', '')), 'new', x'00ff')`,
  () => `DELETE FROM sessions WHERE customer = ${upTo(400)}; INSERT INTO sessions VALUES (uuid(), ${upTo(400)}, 'new')`,
  () => `UPDATE addresses SET place = ST_GeomFromText('POINT(${upTo(90)} 1.5)') WHERE customer = ${upTo(800)}`,
];

/** The shop at work on one connection. */
export const workInWebShop = (url: string): Load =>
  startTransactions({
    connections: 1,
    connect: () => createConnection({ uri: url, multipleStatements: true }),
    next: () => transactions[upTo(transactions.length) - 1]?.() ?? '',
  });

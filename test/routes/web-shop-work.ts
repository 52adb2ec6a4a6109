import pg from 'pg';
import { type Load, startTransactions } from '../snapshot/load.ts';

const upTo = (count: number): number => 1 + Math.floor(Math.random() * count);

const sku = (): string => `'SKU-${upTo(600)}'`;

const member = (): string => `md5('${upTo(100)}')::uuid`;

/** What the shop may do in one transaction; some of it fails now and then, as in life. */
const transactions: readonly (() => string)[] = [
  () => `INSERT INTO orders (customer) VALUES (${upTo(800)});
    INSERT INTO order_items SELECT currval('orders_id_seq'), l, ${sku()}, l, ${upTo(900)} / 7.0 FROM generate_series(1, 3) l;
    INSERT INTO payments VALUES (currval('orders_id_seq'), ${upTo(500)}, 'cash', '\\x0a5c')`,
  () => `UPDATE orders SET state = 'sent', total = total + 0.01, at = clock_timestamp() WHERE id = ${upTo(900)}`,
  // Its items and its payment go with it.
  () => `DELETE FROM orders WHERE id = ${upTo(900)}`,
  () => `UPDATE stock SET pieces = pieces - 1, open_from = open_from + interval '1 second' WHERE sku = ${sku()}`,
  () => `UPDATE customers SET level = 'gold', tags = tags || '{new}', profile = profile || '{"n": ${upTo(99)}}', vip = NOT vip,
    last_ip = last_ip + 1, score = random() WHERE id = ${upTo(800)}`,
  () => `DELETE FROM orders WHERE customer = ${upTo(800)}; DELETE FROM customers WHERE id = ${upTo(800)}`,
  // The long description lies out of line and is not said.
  () => `UPDATE products SET price = price + 1, options = ~options, words = NULL WHERE sku = ${sku()}`,
  () => `UPDATE products SET description = repeat(md5(random()::text), ${upTo(200)}) WHERE sku = ${sku()}`,
  // The rows of its stock follow.
  () => {
    const number = upTo(600);
    return `DELETE FROM images WHERE sku = 'SKU-${number}'; UPDATE products SET sku = 'NEW-' || sku WHERE sku = 'SKU-${number}'`;
  },
  () =>
    `UPDATE products SET sku = substr(sku, 5) WHERE sku LIKE 'NEW-%' AND random() < 0.3; DELETE FROM products WHERE sku LIKE 'NEW-%1'`,
  () => `DELETE FROM images WHERE id = md5('${upTo(300)}')::uuid;
    INSERT INTO images (sku, data) VALUES (${sku()}, decode(repeat('00ff27', ${upTo(2_000)}), 'hex'))`,
  // From one partition to another, and between the partitions of one.
  () =>
    `UPDATE visits SET day = day + ${upTo(400) - 200}, took = took + interval '1 month 1 microsecond' WHERE id = ${upTo(900)}`,
  () => `UPDATE visits SET id = id + 1000000 WHERE id = ${upTo(900)}; DELETE FROM visits WHERE id = ${upTo(900)}`,
  () => `INSERT INTO visits (day, path) SELECT '2025-12-01'::date + g * 100, '/' FROM generate_series(1, 5) g`,
  () => `UPDATE sessions SET token = token || 'x', seen = clock_timestamp() WHERE customer = ${upTo(400)}`,
  () =>
    `DELETE FROM sessions WHERE customer IS NULL; INSERT INTO sessions VALUES (gen_random_uuid(), NULL, 'new', 'epoch')`,
  () => `UPDATE translations SET term = term || ' ' WHERE lang = 'sv' AND length(term) < 20 AND random() < 0.5`,
  () =>
    `DELETE FROM translations WHERE lang = 'en'; INSERT INTO translations VALUES ('en', 'A', NULL), ('en', 'a', ''), ('en', 'a ', 'b')`,
  () => `UPDATE staff SET boss = ${member()}, shift = shift + interval '1 minute' WHERE id = ${member()}`,
  () => `DELETE FROM staff WHERE id = md5('${50 + upTo(50)}')::uuid`,
  () => `INSERT INTO staff VALUES (gen_random_uuid(), ${member()}, 'New', '09:30:00.5-07', '::/0', NULL)`,
  () =>
    `UPDATE coupons SET percent = percent + 1, levels = NULL WHERE code = '\\x000000${(9 + upTo(90)).toString(16).padStart(2, '0')}'`,
  () => `DELETE FROM categories WHERE id = 100;
    INSERT INTO categories VALUES (100, 1, 'a'), (101, 100, 'b'), (102, 101, 'c') ON CONFLICT DO NOTHING`,
  // Of several equal rows one.
  () =>
    `DELETE FROM audit WHERE ctid = (SELECT ctid FROM audit ORDER BY random() LIMIT 1); INSERT INTO audit VALUES ('same'), ('same')`,
  () =>
    `UPDATE audit SET amount = coalesce(amount, 0) + 1 WHERE ctid = (SELECT ctid FROM audit ORDER BY random() LIMIT 1)`,
  () => (Math.random() < 0.1 ? 'REFRESH MATERIALIZED VIEW sales; TRUNCATE sessions' : 'SELECT 1'),
];

/** The shop at work on three connections. */
export const workInWebShop = (url: string): Load =>
  startTransactions({
    connections: 3,
    async connect() {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    next: () => transactions[upTo(transactions.length) - 1]?.() ?? '',
  });

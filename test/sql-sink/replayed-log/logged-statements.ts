import fc from 'fast-check';
import { long, tableNames } from './logged-tables.ts';
import { insertTexts, oddText, updateTexts } from './text-statements.ts';

/** Statements that the source runs together or not at all, made of three small numbers. */
type Template = (a: number, b: number, c: number) => string;

const some = (c: number): string => `id % ${1 + (c % 4)} = ${c % 2}`;

/** What never gives a unique value of one row to another. */
const accounts: readonly Template[] = [
  (a, _, c) =>
    `INSERT INTO accounts SELECT g, 'f' || nextval('fresh'), nextval('fresh'), NULL, ${long('g')}
     FROM generate_series(${a}, ${a + c}) g ON CONFLICT DO NOTHING`,
  (a, b, c) =>
    `INSERT INTO accounts SELECT g, 'f' || nextval('fresh'), NULL, NULL, 'n${b}' FROM generate_series(${a}, ${a + c}) g
     ON CONFLICT (id) DO UPDATE SET note = ${long(`${b}`)}`,
  (_, __, c) => `UPDATE accounts SET parent = (SELECT min(id) FROM accounts) WHERE ${some(c)}`,
  (_, b, c) => `UPDATE accounts SET note = ${long(`id + ${b}`)} WHERE ${some(c)}`,
  (_, b, c) => `UPDATE accounts SET note = ${b === 0 ? 'NULL' : `'n${b}'`} WHERE ${some(c)}`,
  (_, __, c) => `UPDATE accounts SET email = 'f' || nextval('fresh') WHERE ${some(c)}`,
  (_, __, c) => `UPDATE accounts SET id = id + 100000 WHERE ${some(c)}`,
  (a, _, c) => `DELETE FROM accounts WHERE id BETWEEN ${a} AND ${a + c}`,
  (a) => `DELETE FROM accounts WHERE id = ${a}; INSERT INTO accounts (id, note) VALUES (${a}, ${long(`${a}`)})`,
  (a, b) =>
    `INSERT INTO accounts (id, note) VALUES (${a + 20}, 'brief'); UPDATE accounts SET note = 'n${b}' WHERE id = ${a + 20};
     DELETE FROM accounts WHERE id = ${a + 20}`,
];

const entries: readonly Template[] = [
  (a, b, c) =>
    `INSERT INTO entries SELECT (ARRAY['1', '1.0', '1.00', NULL])[1 + ${a % 4}]::numeric, 'l' || g % 3,
     (ARRAY['{"a":1}', '{"a": 1}', '[]', NULL])[1 + ${b % 4}]::json FROM generate_series(0, ${c}) g`,
  (a, b) =>
    `UPDATE entries SET amount = amount + 0.${'0'.repeat(1 + (a % 2))}, label = label || '${b}' WHERE label = 'l${a % 3}'`,
  (a) => `UPDATE entries SET payload = '{"a":  ${a}}'`,
  (_, __, c) => `DELETE FROM entries WHERE ctid IN (SELECT ctid FROM entries ORDER BY ctid LIMIT ${1 + c})`,
];

const orders: readonly Template[] = [
  (a, b, c) =>
    `INSERT INTO orders SELECT g % 4, ${oddText(a + b)} || g, ${b}, NULL FROM generate_series(${a}, ${a + c}) g ON CONFLICT DO NOTHING`,
  (a, b) => `UPDATE orders SET text = ${oddText(a)}, amount = amount * 1.${b} WHERE number = ${b % 4}`,
  (a) => `UPDATE orders SET line = line || ',' WHERE number = ${a % 4}`,
  (a) => `UPDATE orders SET number = number + 1 WHERE number >= ${a % 4}`,
  (a, b) => `DELETE FROM orders WHERE number = ${a % 4} AND length(line) % 3 = ${b % 3}`,
];

const whole: readonly Template[] = [
  (a, _, c) =>
    `INSERT INTO whole SELECT g, g, ${long('g')} FROM generate_series(${a}, ${a + c}) g ON CONFLICT DO NOTHING`,
  (a, _, c) => `UPDATE whole SET n = ${a} WHERE ${some(c)}`,
  (a, _, c) => `UPDATE whole SET long = ${a % 2 === 0 ? 'NULL' : long(`${a}`)} WHERE ${some(c)}`,
  (a) => `UPDATE whole SET tags = ARRAY[${oddText(a)}, NULL] WHERE id = ${a}`,
  (a, b) => `UPDATE whole SET id = id + ${[-1, 1, 100][b % 3]} WHERE id >= ${a}`,
  (a, _, c) => `DELETE FROM whole WHERE id BETWEEN ${a} AND ${a + c}`,
];

const byIndex: readonly Template[] = [
  (_, b, c) =>
    `INSERT INTO by_index SELECT nextval('fresh'), 'c' || g, 'n${b}' FROM generate_series(${b}, ${b + c}) g ON CONFLICT DO NOTHING`,
  (a, _, c) => `UPDATE by_index SET id = nextval('fresh') WHERE ${some(c)} OR code = 'c${a}'`,
  (a, b) => `UPDATE by_index SET code = code || '${b}' WHERE id <= ${a}`,
  (a, _, c) => `UPDATE by_index SET note = ${long(`${a}`)} WHERE ${some(c)}`,
  (a, _, c) => `DELETE FROM by_index WHERE id BETWEEN ${a} AND ${a + c}`,
];

const always: readonly Template[] = [
  (a, _, c) => `INSERT INTO always (note) SELECT 'a${a}' FROM generate_series(0, ${c})`,
  (a) => `INSERT INTO always OVERRIDING SYSTEM VALUE VALUES (${a + 500}, 'given') ON CONFLICT DO NOTHING`,
  (a, _, c) => `UPDATE always SET note = note || ${oddText(a)} WHERE ${some(c)}`,
  (_, __, c) => `UPDATE always SET id = DEFAULT WHERE ${some(c)}`,
  (_, __, c) => `DELETE FROM always WHERE ${some(c)}`,
];

const texts: readonly Template[] = [
  insertTexts,
  (a, b, c) => [insertTexts(a, b, c), insertTexts(a + 1, b, c), insertTexts(a + 2, b + 1, c)].join(';'),
  updateTexts,
  updateTexts,
  (a, b) => `UPDATE texts SET key = ${oddText(a)} WHERE key = ${oddText(b)}`,
  (a, b) => `DELETE FROM texts WHERE key IN (${oddText(a)}, ${oddText(b)}, 'k${b}')`,
];

/** What gives unique values from row to row. */
const handingOver: readonly Template[] = [
  (a, b) => `UPDATE accounts SET id = id + ${[-1, 1, -2, 2][b % 4]} WHERE id >= ${a}`,
  (a, b) =>
    `UPDATE accounts SET email = '~' || email WHERE id IN (${a}, ${b});
     UPDATE accounts t SET email = substr(o.email, 2) FROM accounts o WHERE (t.id, o.id) IN ((${a}, ${b}), (${b}, ${a}))`,
  () => 'UPDATE accounts SET code = -code; UPDATE accounts SET code = 1 - code',
  (a, b, c) =>
    `INSERT INTO accounts SELECT g, 'e' || (g + ${b}) % 9, g, NULL, 'n' FROM generate_series(${a}, ${a + c}) g ON CONFLICT DO NOTHING`,
  (a, b) =>
    `UPDATE accounts SET email = NULL WHERE email = 'e${b}'; UPDATE accounts SET email = 'e${b}' WHERE id = ${a}`,
  (a, b) =>
    `DELETE FROM accounts WHERE email = 'e${b}'; UPDATE accounts SET email = 'e${b}', note = ${long(`${b}`)} WHERE id = ${a}`,
  (a, b) => `UPDATE by_index SET id = -id; UPDATE by_index SET id = ${b} - id WHERE id < 0 AND code >= 'c${a}'`,
];

const truncates: readonly Template[] = [
  (a) => `TRUNCATE ${tableNames[a % tableNames.length]}`,
  (a, b) =>
    `TRUNCATE ${[...new Set([tableNames[a % tableNames.length], tableNames[b % tableNames.length]])].join(', ')}`,
];

const digit = fc.nat(9);
const few = fc.nat(4);
const of = (templates: readonly Template[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...templates), digit, digit, few).map(([template, a, b, c]) => template(a, b, c));

const kept = [accounts, accounts, entries, orders, whole, byIndex, always, texts].map((templates) => ({
  weight: 3,
  arbitrary: of(templates),
}));

/** Statements of which the source may refuse some; `handsOver`: also those that give unique values from row to row. */
export const statements = (handsOver: boolean): fc.Arbitrary<string> =>
  fc.oneof(
    ...kept,
    { weight: 1, arbitrary: of(truncates) },
    ...(handsOver ? [{ weight: 8, arbitrary: of(handingOver) }] : []),
  );

import fc from 'fast-check';
import { long } from '../../sql-sink/replayed-log/logged-tables.ts';
import type { TypedColumn } from './columns.ts';

/** Statements that the source runs together or not at all, made of three small numbers; it may refuse them. */
type Template = (a: number, b: number, c: number) => string;

/** Tables with a key, which get columns `x0` and `x1` that hold whole numbers, whatever their type. */
const keyed = ['accounts', 'accounts', 'accounts', 'orders', 'whole', 'by_index'] as const;
const table = (n: number) => keyed[n % keyed.length] ?? 'accounts';
const column = (n: number) => `x${n % 2}`;
const some = (name: string, c: number) => `ctid IN (SELECT ctid FROM ${name} ORDER BY ctid LIMIT ${1 + 2 * c})`;
const update = (name: string, set: string, c: number) => `UPDATE ${name} SET ${set} WHERE ${some(name, c)}`;
const remove = (name: string, c: number) => `DELETE FROM ${name} WHERE ${some(name, c)}`;

const rows: readonly Template[] = [
  (a, b) => update(table(a), `${column(b)} = '${a}'`, b),
  (a, b) => update(table(a), `${column(b)} = NULL`, b),
  (a, _, c) => remove(table(a), c),
  (a, b, c) =>
    `INSERT INTO accounts (id, note) SELECT g, ${long(`g + ${b}`)} FROM generate_series(${a}, ${a + c}) g ON CONFLICT DO NOTHING`,
  (a, b) =>
    `INSERT INTO accounts (id, email, code, ${column(b)}) VALUES (nextval('fresh'), 'f' || nextval('fresh'), nextval('fresh'), '${a}')`,
  (a, b, c) => update('accounts', `note = ${long(`${a * b}`)}`, c),
  (_, __, c) => update('accounts', "email = 'f' || nextval('fresh')", c),
  (_, __, c) => update('accounts', 'id = id + 1000', c),
  () => 'UPDATE accounts SET code = -code; UPDATE accounts SET code = 1 - code',
  (a, b) => `DELETE FROM accounts WHERE email = 'e${b}'; UPDATE accounts SET email = 'e${b}' WHERE id = ${a}`,
  (a, b, c) =>
    `INSERT INTO orders SELECT g % 4, 'line ' || g, ${b} / 4.0 FROM generate_series(${a}, ${a + c}) g ON CONFLICT DO NOTHING`,
  (a, _, c) => update('orders', `number = number + ${a}`, c),
  (a, _, c) => update('orders', `amount = amount + ${a}.125`, c),
  (a, b, c) =>
    `INSERT INTO whole SELECT g, ${b}, ${long('g')} FROM generate_series(${a}, ${a + c}) g ON CONFLICT DO NOTHING`,
  (a, _, c) => update('whole', `n = ${a}`, c),
  (a, _, c) => update('whole', `id = id + 100, long = ${a % 2 === 0 ? 'NULL' : long(`${a}`)}`, c),
  (_, b, c) =>
    `INSERT INTO by_index (id, code, note) SELECT nextval('fresh'), 'c' || g, 'n${b}' FROM generate_series(${b}, ${b + c}) g ON CONFLICT DO NOTHING`,
  (_, b, c) => update('by_index', `code = code || '${b}'`, c),
  (_, __, c) => update('by_index', "id = nextval('fresh')", c),
  (a, b, c) => `INSERT INTO entries (amount, label) SELECT ${a}.25, 'l${b}' FROM generate_series(0, ${c})`,
  (a, b, c) => update('entries', `amount = ${a}.5, label = repeat('l', ${b * 4})`, c),
  (_, __, c) => remove('entries', c),
  (a) => `TRUNCATE ${table(a)}`,
];

const alter = (name: string, action: string) => `ALTER TABLE ${name} ${action}`;

/** Of new columns; types hold whole numbers of one digit, so that each can become each. */
const types = ['integer', 'bigint', 'text', 'varchar(9)', 'varchar', 'numeric(8,0)', 'numeric', 'character(3)'];
const type = (n: number) => types[n % types.length] ?? 'integer';

const added: readonly Template[] = [
  (a, b) => alter(table(a), `ADD ${column(b)} ${type(a + b)}`),
  (a, b, c) => alter(table(a), `ADD ${column(b)} ${type(b + c)} DEFAULT '${c}'`),
  (a, b, c) => alter(table(a), `ADD ${column(b)} ${type(b + c)} NOT NULL DEFAULT '${c}'`),
  (a, b) => alter(table(a), `ADD ${column(b)} integer DEFAULT (random() * 9)::integer`),
  (a, b, c) => alter(table(a), `ADD ${column(b)} integer DEFAULT ${c}, ADD ${column(b + 1)} text`),
];

const dropped: readonly Template[] = [(a, b) => alter(table(a), `DROP ${column(b)}`)];

const others: readonly Template[] = [
  (a, b, c) =>
    alter(
      table(a),
      `ALTER ${column(b)} DROP DEFAULT, ALTER ${column(b)} TYPE ${type(c)} USING ${column(b)}::${type(c)}`,
    ),
  (a, b, c) => alter(table(a), `ALTER ${column(b)} DROP DEFAULT, ALTER ${column(b)} TYPE ${type(c)} USING '${c}'`),
  (a, b) => alter(table(a), `RENAME ${column(b)} TO ${column(b + 1)}`),
  (a, b) => alter(table(a), `DROP ${column(b)}, ADD ${column(b)} ${type(a)}`),
  (a, b) => alter(table(a), `ALTER ${column(b)} SET NOT NULL`),
  (a, b) => alter(table(a), `ALTER ${column(b)} DROP NOT NULL`),
  (a) => alter('accounts', `ALTER id TYPE ${['integer', 'numeric', 'bigint'][a % 3]}`),
  (a) => alter('accounts', `ALTER code TYPE ${['bigint', 'integer'][a % 2]}`),
  (a) => alter('accounts', `ALTER email TYPE ${['varchar(100)', 'text', 'varchar'][a % 3]}`),
  (a) => alter('accounts', a % 2 === 0 ? 'DROP email' : 'DROP code'),
  (a) => alter('orders', `ALTER number TYPE ${['bigint', 'integer'][a % 2]}`),
  (a) => alter('orders', `ALTER line TYPE ${['varchar(30)', 'text', 'varchar'][a % 3]}`),
  (a) => alter('orders', `ALTER amount TYPE ${['numeric(9,3)', 'numeric', 'numeric(8,2)', 'double precision'][a % 4]}`),
  (a) => alter('whole', `ALTER n TYPE ${['integer', 'bigint', 'smallint'][a % 3]}`),
  (a) => alter('by_index', `ALTER code TYPE ${['varchar(90)', 'varchar', 'text', 'varchar(40)'][a % 4]}`),
  (a) => alter('by_index', `ALTER note TYPE ${['varchar', 'text', 'varchar(6000)'][a % 3]}`),
  // Rows without a key are told by all their values: of these columns the log misses none.
  (a) => alter('entries', `ALTER amount TYPE ${['numeric(9,3)', 'numeric(12,4)'][a % 2]}`),
  (a) => alter('entries', `ALTER label TYPE ${['varchar(90)', 'varchar', 'text'][a % 3]}`),
  (a) => alter('entries', `ADD y${a % 3} integer`),
  (a) => update('entries', `y${a % 3} = ${a}`, a),
  (a, b) => `INSERT INTO entries (y${a % 3}) VALUES (${b})`,
];

const digit = fc.nat(9);
const few = fc.nat(4);
const of = (templates: readonly Template[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...templates), digit, digit, few).map(([template, a, b, c]) => template(a, b, c));

const statement = fc.oneof(
  { weight: 6, arbitrary: of(rows) },
  { weight: 2, arbitrary: of(added) },
  { weight: 2, arbitrary: of(dropped) },
  { weight: 2, arbitrary: of(others) },
);

/** Of one transaction: changes of rows, and of the columns of their tables. */
export const changingStatements = fc.array(statement, { minLength: 1, maxLength: 8 });

/** Sets every value of a table, so that the log says it. */
export const everyValue = (name: string, columns: readonly TypedColumn[]): string => {
  // A large text has to be another one.
  const set = columns.map((each) => `${each.name} = ${each.name}${/^(text|char)/.test(each.type) ? " || ''" : ''}`);
  return `UPDATE ${name} SET ${set.join(', ')}`;
};

/** Sets a value of one row. */
export const someValue = (name: string, columns: readonly TypedColumn[]): string =>
  update(name, everyValue(name, columns.slice(0, 1)).replace(/^.* SET /, ''), 0);

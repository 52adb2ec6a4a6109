import fc from 'fast-check';
import { relationOf, type TestTransaction, transaction } from '../../packages/sql-sink/src/postgres/testing/changes.ts';

type Row = Record<string, string | null>;

/** The tables that histories run over, in one schema. */
export const tablesOf = (schema: string) => ({
  accounts: relationOf({
    schema,
    table: 'accounts',
    columns: ['id bigint!', 'email text', 'code text', 'note text', 'parent bigint'],
    key: ['id'],
  }),
  entries: relationOf({
    schema,
    table: 'entries',
    columns: ['amount numeric', 'label text', 'payload json'],
    identity: 'full',
  }),
  orders: relationOf({
    schema,
    table: 'orders',
    columns: ['number bigint!', 'line integer!', 'serial bigint!', 'text text'],
    key: ['number', 'line'],
  }),
});

/** Two unique keys beside the primary key, a self-reference, a table without key, an identity that is always generated. */
export const targetTables = (schema: string): string => `
  CREATE SCHEMA ${schema};
  CREATE TABLE ${schema}.accounts (id bigint PRIMARY KEY, email text UNIQUE, code text UNIQUE, note text,
    parent bigint REFERENCES ${schema}.accounts);
  CREATE TABLE ${schema}.entries (amount numeric, label text, payload json);
  CREATE TABLE ${schema}.orders (number bigint, line integer, serial bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    text text, extra text DEFAULT 'kept', PRIMARY KEY (number, line))`;

/** Raw material of one change: what it means depends on the rows that are there. */
export interface Step {
  readonly table: 'accounts' | 'entries' | 'orders';
  readonly kind: 'insert' | 'update' | 'delete' | 'key' | 'truncate';
  readonly pick: number;
  readonly numbers: readonly [number, number, number];
  readonly omit: boolean;
}

/** Small numbers, so that values and keys meet often. */
const small = fc.nat(4);

export const step: fc.Arbitrary<Step> = fc.record({
  table: fc.constantFrom('accounts', 'accounts', 'entries', 'orders'),
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant('insert' as const) },
    { weight: 5, arbitrary: fc.constant('update' as const) },
    { weight: 3, arbitrary: fc.constant('delete' as const) },
    { weight: 3, arbitrary: fc.constant('key' as const) },
    { weight: 1, arbitrary: fc.constant('truncate' as const) },
  ),
  pick: fc.nat(50),
  numbers: fc.tuple(small, small, small),
  omit: fc.boolean(),
});

/** A database as its application sees it: it refuses what a source would refuse, so that its log can be replayed. */
export class SourceModel {
  readonly rows: Record<Step['table'], Row[]> = { accounts: [], entries: [], orders: [] };
  readonly #tables: ReturnType<typeof tablesOf>;
  #serial = 0;

  constructor(schema: string) {
    this.#tables = tablesOf(schema);
  }

  /** Runs the steps as one transaction. */
  run(id: string, steps: readonly Step[]): TestTransaction {
    const log = transaction(id);
    for (const one of steps) this[one.table](log, one);
    return log;
  }

  accounts(log: TestTransaction, { kind, pick, numbers: [a, b, c], omit }: Step): void {
    const relation = this.#tables.accounts;
    const rows = this.rows.accounts;
    const row = rows[pick % (rows.length || 1)];
    const free = (column: string, value: string | null, self?: Row) =>
      value === null || rows.every((other) => other === self || other[column] !== value);
    const values = { email: a === 0 ? null : `e${a}`, code: b === 0 ? null : `c${b}`, note: `n${c}` };
    if (kind === 'truncate') {
      rows.length = 0;
      log.truncate(relation);
    } else if (kind === 'insert') {
      const inserted = { id: String(pick % 7), ...values, parent: rows[c]?.id ?? null };
      if (!free('id', inserted.id) || !free('email', values.email) || !free('code', values.code)) return;
      rows.push(inserted);
      log.insert(relation, inserted);
    } else if (row === undefined) {
      return;
    } else if (kind === 'delete') {
      rows.splice(rows.indexOf(row), 1);
      log.delete(relation, { id: row.id });
    } else {
      const old = { id: row.id };
      const next: Row = { ...row, ...values, note: omit ? (row.note ?? null) : values.note };
      if (kind === 'key') next.id = String(c + 3);
      if (!free('id', next.id ?? null, row) || !free('email', values.email, row) || !free('code', values.code, row))
        return;
      Object.assign(row, next);
      const { note, ...sent } = next;
      log.update(relation, omit ? sent : { ...sent, note }, old.id === next.id ? null : old);
    }
  }

  entries(log: TestTransaction, { kind, pick, numbers: [a, b, c] }: Step): void {
    const relation = this.#tables.entries;
    const rows = this.rows.entries;
    const row = rows[pick % (rows.length || 1)];
    // Equal numbers of different text, and JSON that has no equality at all.
    const amounts = [null, '1', '1.0', '1.00', '2'];
    const payloads = [null, '{"a":1}', '{"a": 1}', '[]', '{"a":1}'];
    const values = { amount: amounts[a] ?? null, label: b === 0 ? null : `l${b}`, payload: payloads[c] ?? null };
    if (kind === 'truncate') {
      rows.length = 0;
      log.truncate(relation);
    } else if (kind === 'insert') {
      rows.push({ ...values });
      log.insert(relation, values);
    } else if (row === undefined) {
      return;
    } else if (kind === 'delete') {
      rows.splice(rows.indexOf(row), 1);
      log.delete(relation, row);
    } else {
      const old = { ...row };
      Object.assign(row, values);
      log.update(relation, values, old);
    }
  }

  orders(log: TestTransaction, { kind, pick, numbers: [a, b, c], omit }: Step): void {
    const relation = this.#tables.orders;
    const rows = this.rows.orders;
    const row = rows[pick % (rows.length || 1)];
    const taken = (number: string, line: string, self?: Row) =>
      rows.some((other) => other !== self && other.number === number && other.line === line);
    if (kind === 'truncate') {
      rows.length = 0;
      log.truncate(relation);
    } else if (kind === 'insert') {
      if (taken(String(a), String(b))) return;
      const inserted = { number: String(a), line: String(b), serial: String(++this.#serial), text: `t${c}` };
      rows.push(inserted);
      log.insert(relation, inserted);
    } else if (row === undefined) {
      return;
    } else if (kind === 'delete') {
      rows.splice(rows.indexOf(row), 1);
      log.delete(relation, { number: row.number, line: row.line });
    } else {
      const old = { number: row.number, line: row.line };
      const next: Row = { ...row, text: omit ? (row.text ?? null) : `t${c}` };
      if (kind === 'key') Object.assign(next, { number: String(a), line: String(b) });
      if (c === 4) next.serial = String(++this.#serial);
      if (taken(next.number ?? '', next.line ?? '', row)) return;
      Object.assign(row, next);
      const { text, ...sent } = next;
      const keyChanged = old.number !== next.number || old.line !== next.line;
      log.update(relation, omit ? sent : { ...sent, text }, keyChanged ? old : null);
    }
  }
}

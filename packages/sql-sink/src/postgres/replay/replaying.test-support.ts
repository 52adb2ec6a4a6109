import type { Relation, ReselectRequest, TableProgress } from '@millrace/core';
import { createDatabase, type TestDatabase } from '../../../../../test/harness/index.ts';
import { type ApplyPath, createItems, items } from '../testing/apply-paths.ts';
import type { Values } from '../testing/changes.ts';
import { SinkUnderTest } from '../testing/sink-under-test.ts';
import { textRow } from '../testing/text-row.ts';

type Row = Readonly<Record<string, string | null>>;

/** A source of which only what it answers to a reselect matters. */
export class AnsweringSource {
  readonly asked: { readonly table: string; readonly key: unknown; readonly transactions: readonly string[] }[] = [];
  calls = 0;
  through = '0/5';
  readonly #relation: Relation;
  readonly #rows: Row[];

  constructor(relation: Relation, ...rows: Row[]) {
    this.#relation = relation;
    this.#rows = rows;
  }

  readonly reselect = async ({ table, keys, transactions }: ReselectRequest) => {
    this.calls++;
    const { key, columns } = this.#relation;
    const names = (key ?? []).map((column) => columns[column]?.name ?? '');
    const found = keys.flatMap((row) => {
      const texts = (key ?? []).map((column) => row.text(column));
      this.asked.push({ table, key: texts.join(), transactions: transactions.map(({ id }) => id) });
      return this.#rows.filter((one) => names.every((name, at) => one[name] === texts[at]));
    });
    return { rows: found.map((row) => textRow(this.#relation, row)), through: this.through };
  };
}

export const rows = (database: TestDatabase, table = 'items') => database.query(`SELECT * FROM ${table} ORDER BY 1`);

export const catchingUp: TableProgress = { state: 'catching-up', from: '0/1', ranges: [], through: '0/3' };

/** A sink that replays over rows that are there already. */
export const replayingOver = ({ server, alwaysSequentially }: ApplyPath) => {
  const opened = async (database: TestDatabase, source: AnsweringSource | null = null, relations = [items]) => {
    const sink = new SinkUnderTest(
      { connection: database.url, conflict: 'error', missingRow: 'error' },
      { alwaysSequentially },
    );
    await sink.open({ relations, ...(source === null ? {} : { reselect: source.reselect }) });
    await sink.saveTables(Object.fromEntries(relations.map(({ schema, table }) => [`${schema}.${table}`, catchingUp])));
    return sink;
  };
  const withItems = async (...some: readonly Values[]) => {
    const database = await createDatabase(server);
    await database.query(`${createItems}; ALTER TABLE items ADD extra text DEFAULT 'new'`);
    for (const { id, code, note } of some)
      await database.query("INSERT INTO items VALUES ($1, $2, $3, 'kept')", [id, code, note]);
    return database;
  };
  return { opened, withItems };
};

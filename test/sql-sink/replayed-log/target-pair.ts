import { MillraceError, type Sink } from '@millrace/core';
import type { SinkLimits } from '../../../packages/sql-sink/src/postgres/sink-limits.ts';
import { SinkUnderTest } from '../../../packages/sql-sink/src/postgres/testing/sink-under-test.ts';
import { createDatabase, sharedPostgres, type TestDatabase } from '../../harness/index.ts';
import type { DeliveryUnit } from './delivery-units.ts';
import { type LoggedTables, loggedTables } from './logged-tables.ts';

/** Of the parts of one transaction; a stream repeats it until it is asked to stop. */
const attempts = 2;

const deliver = async (sink: SinkUnderTest, unit: DeliveryUnit): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      for (const batch of unit) await sink.writeBatch(batch);
      return;
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'SEQUENTIAL_NEEDED' || attempt === attempts) throw error;
      await sink.reopen();
    }
  }
};

/** Every row of these tables, as text. */
export const rowsOf = async (
  database: TestDatabase,
  columns?: ReadonlyMap<string, string>,
  names = loggedTables.names,
): Promise<Readonly<Record<string, readonly string[]>>> => {
  const row = (table: string) => (columns === undefined ? 't::text' : `ROW(${columns.get(table)})::text`);
  const selects = names.map((table) => `SELECT '${table}' AS name, ${row(table)} COLLATE "C" AS row FROM ${table} t`);
  const rows = await database.query<{ name: string; row: string }>(`${selects.join(' UNION ALL ')} ORDER BY 1, 2`);
  return Object.fromEntries(
    names.map((table) => [table, rows.filter(({ name }) => name === table).map(({ row }) => row)]),
  );
};

/** Two databases that get the same log, one of them change by change. */
export class TargetPair implements AsyncDisposable {
  readonly inBulk: TestDatabase;
  readonly oneByOne: TestDatabase;
  readonly #tables: LoggedTables;
  #sinks: readonly SinkUnderTest[] = [];

  private constructor(tables: LoggedTables, inBulk: TestDatabase, oneByOne: TestDatabase) {
    this.#tables = tables;
    this.inBulk = inBulk;
    this.oneByOne = oneByOne;
  }

  static async create(tables = loggedTables): Promise<TargetPair> {
    const [inBulk, oneByOne] = [await createDatabase(sharedPostgres()), await createDatabase(sharedPostgres())];
    for (const database of [inBulk, oneByOne]) await database.query(tables.target);
    return new TargetPair(tables, inBulk, oneByOne);
  }

  /** The one that applies in bulk. */
  get sink(): Sink {
    const [first] = this.#sinks;
    if (first === undefined) throw new Error('not open');
    return first.sink;
  }

  /** What the sinks have reported. */
  get codes(): readonly string[] {
    return this.#sinks.flatMap(({ codes }) => codes);
  }

  /** Begins anew, with other limits of the bulk path. */
  async reset(limits: Partial<SinkLimits>): Promise<void> {
    for (const { sink } of this.#sinks) await sink.close();
    await this.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${this.#tables.target}`);
    this.#sinks = [
      new SinkUnderTest({ connection: this.inBulk.url }, limits),
      new SinkUnderTest({ connection: this.oneByOne.url }, { alwaysSequentially: true }),
    ];
    for (const sink of this.#sinks) await sink.open();
  }

  async query(sql: string): Promise<void> {
    for (const database of [this.inBulk, this.oneByOne]) await database.query(sql);
  }

  async deliver(unit: DeliveryUnit): Promise<void> {
    for (const sink of this.#sinks) await deliver(sink, unit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { sink } of this.#sinks) await sink.close();
    for (const database of [this.inBulk, this.oneByOne]) await database[Symbol.asyncDispose]();
  }
}

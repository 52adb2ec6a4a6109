import { type ChangeBatch, MillraceError, type Position, type Relation, type Source } from '@millrace/core';
import type pg from 'pg';
import { nextBatch, StreamDriver } from '../../../packages/postgres-source/src/stream-driver.test-support.ts';
import { createDatabase, sharedPostgres, type TestDatabase, uniqueName } from '../../harness/index.ts';
import { runTransaction } from '../../schema/random/run-transaction.ts';
import { type LoggedTables, loggedTables } from './logged-tables.ts';

/** What the source runs: a transaction, or one around which a table gets a column or loses one. */
export type LogStep =
  | { readonly kind: 'transaction'; readonly statements: readonly string[] }
  | { readonly kind: 'alter'; readonly table: string; readonly action: 'add' | 'drop' };

/** A column that a table has got since `reset`. */
interface AddedColumn {
  readonly table: string;
  readonly column: string;
}

/** A source database whose log is read with the real source, over one slot for all runs of a test. */
export class LoggedSource implements AsyncDisposable {
  readonly database: TestDatabase;
  readonly #tables: LoggedTables;
  readonly #client: pg.Client;
  readonly #driver: StreamDriver;
  #batches: AsyncIterator<ChangeBatch>;
  #position: Position;
  readonly #added: AddedColumn[] = [];
  #count = 0;

  private constructor(
    database: TestDatabase,
    tables: LoggedTables,
    client: pg.Client,
    driver: StreamDriver,
    position: Position,
  ) {
    this.database = database;
    this.#tables = tables;
    this.#client = client;
    this.#driver = driver;
    this.#position = position;
    this.#batches = this.#connected();
  }

  static async start(formats: readonly string[], tables = loggedTables): Promise<LoggedSource> {
    const database = await createDatabase(sharedPostgres());
    await database.query(tables.source);
    const options = { slot: uniqueName('slot'), publication: 'p', batch: { maxChanges: 20 }, formats };
    const driver = new StreamDriver({ connection: database.url, ...options });
    return new LoggedSource(database, tables, await database.connect(), driver, await driver.start());
  }

  /** Begins anew with the same rows, however the last run ended. Nothing of it is left in the log to read. */
  async reset(): Promise<void> {
    await this.#client.query('ROLLBACK');
    for (const { table, column } of this.#added.splice(0))
      await this.#client.query(`ALTER TABLE ${table} DROP ${column}`);
    await this.#client.query(`TRUNCATE ${this.#tables.names.join(', ')} RESTART IDENTITY`);
    await this.read();
    await this.#transaction(this.#tables.seed);
  }

  /** Runs a step; `alterTargets` makes the targets ready for it. */
  async run(step: LogStep, alterTargets: (sql: string) => Promise<void>): Promise<void> {
    if (step.kind === 'transaction') return this.#transaction(step.statements);
    const { table } = step;
    if (step.action === 'add') {
      const column = `added_${++this.#count}`;
      const alter = `ALTER TABLE ${table} ADD ${column} integer DEFAULT ${this.#count}`;
      await alterTargets(alter);
      this.#added.push({ table, column });
      return this.#transaction([
        `DELETE FROM ${table}`,
        ...this.#tables.seed,
        alter,
        `UPDATE ${table} SET ${column} = ${column} + 1`,
      ]);
    }
    const at = this.#added.findIndex((added) => added.table === table);
    const [dropped] = at < 0 ? [] : this.#added.splice(at, 1);
    if (dropped === undefined) return;
    await this.#transaction([
      `UPDATE ${table} SET ${dropped.column} = NULL`,
      `ALTER TABLE ${table} DROP ${dropped.column}`,
      ...this.#tables.seed,
    ]);
  }

  /** Everything that has been logged since the last call. */
  async read(): Promise<readonly ChangeBatch[]> {
    const marker = ++this.#count;
    await this.#client.query(`INSERT INTO markers VALUES (${marker})`);
    const read: ChangeBatch[] = [];
    const isLast = ({ changes }: ChangeBatch) =>
      [...changes].some(({ table, after }) => table === 'public.markers' && after?.n === marker);
    for (;;) {
      const batch = await nextBatch(this.#batches).catch((error) => this.#reconnect(error));
      if (batch === null) {
        // Parts of a transaction whose end has not been read come again.
        while (read.at(-1)?.position === null) read.pop();
        continue;
      }
      read.push(batch);
      this.#position = batch.position ?? this.#position;
      if (!isLast(batch)) continue;
      this.#driver.source.acknowledge(this.#position);
      return read;
    }
  }

  /** The end of what has been read. */
  get position(): Position {
    return this.#position;
  }

  get source(): Source {
    return this.#driver.source;
  }

  /** The tables as the source describes them now. */
  describe(): Promise<readonly Relation[]> {
    return this.#driver.source.describe(this.#driver.context);
  }

  /** The columns of each table. */
  async columns(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.query<{ table: string; columns: string }>(
      `SELECT attrelid::regclass::text AS table, string_agg('t.' || attname, ', ' ORDER BY attnum) AS columns
       FROM pg_attribute WHERE attrelid = ANY ($1::regclass[]) AND attnum > 0 AND NOT attisdropped GROUP BY 1`,
      [this.#tables.names],
    );
    return new Map(rows.map(({ table, columns }) => [table, columns]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
  }

  async *#connected(): AsyncGenerator<ChangeBatch> {
    yield* await this.#driver.source.changes(this.#position, new AbortController().signal);
  }

  /** The catalog has to be read again where a table with whole old rows has changed its shape. */
  async #reconnect(error: unknown): Promise<null> {
    if (!(error instanceof MillraceError) || error.code !== 'RELATION_CHANGED') throw error;
    const { source, context } = this.#driver;
    await source.close();
    await source.open(context);
    this.#batches = this.#connected();
    return null;
  }

  #transaction(statements: readonly string[]): Promise<void> {
    return runTransaction(this.#client, statements);
  }
}

import { noValue } from '@millrace/core';
import type { StatementOutcome } from '@millrace/mysql-client';
import type { FoldedChanges, KeyFold } from '../../apply/key-fold.ts';
import type { Row, RowReader } from '../../apply/row-reader.ts';
import type { Text } from '../../apply/text.ts';
import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import { applying, type BulkContext } from './bulk-context.ts';
import { expecting } from './message.ts';
import { addRows, loadRows } from './row-statements.ts';
import { duplicatesMet } from './rows-met.ts';
import { keyList, orUpdate, updateStatement } from './statements.ts';

/** Fewer rows are updated one by one. */
const fewRows = 4;

/** So many keys stand in one statement. */
const keysTogether = 500;

/** Adds to the message what the changes of one table come to, many rows in a statement. */
export class FoldWriter {
  readonly #context: BulkContext;
  readonly #plan: TablePlan;
  readonly #key: readonly PlannedColumn[];
  readonly #reader: RowReader;
  readonly #signal: AbortSignal;

  constructor(context: BulkContext, plan: TablePlan, reader: RowReader, signal: AbortSignal) {
    this.#context = context;
    this.#plan = plan;
    this.#key = plan.key ?? [];
    this.#reader = reader;
    this.#signal = signal;
  }

  /** Deletes first, updates second, inserts last. */
  async write(fold: KeyFold): Promise<void> {
    const folded = fold.result();
    const withHistory = (rows: readonly number[]): readonly Row[] => rows.map((row) => fold.history(row) ?? row);
    await this.#delete(folded);
    await this.#update(withHistory(folded.updated));
    await this.insert(withHistory(folded.inserted));
  }

  async insert(rows: readonly Row[]): Promise<void> {
    for (const { columns, rows: alike } of this.#byColumns(rows)) {
      const { loadedRows } = this.#context;
      const inserted = { plan: this.#plan, columns, rows: alike };
      if (loadedRows !== null && alike.length >= loadedRows && columns.length > 0)
        await loadRows(this.#context, this.#reader, inserted, this.#signal);
      else
        await addRows(
          this.#context,
          this.#reader,
          inserted,
          { ending: '', expected: ({ affectedRows }, count) => affectedRows === count },
          this.#signal,
        );
    }
  }

  /** Where nothing but the key is unique, rows are inserted, and what meets a row updates it, which all of them have to. */
  async #update(rows: readonly Row[]): Promise<void> {
    const { policies } = this.#context;
    const { secondary, numbered } = this.#plan;
    const mayInsert = secondary.length === 0 && !numbered && policies.missingRow === 'insert';
    for (const { columns, rows: alike } of this.#byColumns(rows)) {
      const isWhole = columns.length === this.#plan.written.length;
      const set = columns.filter((column) => !this.#key.includes(column));
      if (!mayInsert || !isWhole || set.length === 0 || alike.length < fewRows) await this.#updateEach(set, alike);
      else await this.#updateTogether(columns, set, alike);
    }
  }

  async #updateTogether(
    columns: readonly PlannedColumn[],
    set: readonly PlannedColumn[],
    rows: readonly Row[],
  ): Promise<void> {
    const options = {
      ending: orUpdate(this.#plan, columns),
      expected: (outcome: StatementOutcome, count: number) => duplicatesMet(outcome) === count,
      alone: (row: Row) => this.#updateEach(set, [row]),
    };
    await addRows(this.#context, this.#reader, { plan: this.#plan, columns, rows }, options, this.#signal);
  }

  async #updateEach(set: readonly PlannedColumn[], rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      this.#reader.readText(row, 'after');
      const values = [...this.#texts(this.#key), ...this.#texts(set)];
      const { message } = this.#context;
      const match = { by: 'key' } as const;
      message.add(
        updateStatement({ kind: 'update', plan: this.#plan, match, set, keyChanged: false, values }),
        expecting(1),
      );
      await this.#sendIfFull();
    }
  }

  async #delete({ deleted, vanished }: FoldedChanges): Promise<void> {
    await this.#deleteEach(deleted, true);
    await this.#deleteEach(vanished, false);
  }

  /** `areThere`: every row must be met, otherwise none. */
  async #deleteEach(rows: readonly number[], areThere: boolean): Promise<void> {
    for (const keys of this.#keysOf(rows)) {
      this.#context.message.add(
        `DELETE FROM ${this.#plan.name} WHERE ${keyList(this.#plan, keys)}`,
        expecting(areThere ? keys.length : 0),
      );
      await this.#sendIfFull();
    }
  }

  /** The keys of rows, as many at a time as stand in one statement. */
  *#keysOf(rows: readonly Row[]): Generator<readonly (readonly Text[])[]> {
    for (let at = 0; at < rows.length; at += keysTogether) {
      const keys = rows.slice(at, at + keysTogether).map((row) => {
        this.#reader.readText(row, 'before');
        return this.#texts(this.#key);
      });
      yield keys;
    }
  }

  async #sendIfFull(): Promise<void> {
    const { message } = this.#context;
    if (message.isFull) await message.send(this.#signal, applying);
  }

  /** Rows that say the same columns. */
  #byColumns(
    rows: readonly Row[],
  ): Iterable<{ readonly columns: readonly PlannedColumn[]; readonly rows: readonly Row[] }> {
    const { written } = this.#plan;
    const { changes } = this.#reader;
    if (changes.areWhole && rows.every((row) => typeof row === 'number' && changes.operation(row) === 'insert'))
      return rows.length === 0 ? [] : [{ columns: written, rows }];
    const sets = new Map<string, { readonly columns: readonly PlannedColumn[]; readonly rows: Row[] }>();
    for (const row of rows) {
      this.#reader.readText(row, 'after');
      const { starts } = this.#reader.places;
      const columns = written.filter(({ index }) => (starts[index] ?? noValue.absent) >= noValue.null);
      const shape = columns.map(({ index }) => index).join();
      const known = sets.get(shape);
      if (known === undefined) sets.set(shape, { columns, rows: [row] });
      else known.rows.push(row);
    }
    return sets.values();
  }

  /** Of the row that was read last. */
  #texts(columns: readonly PlannedColumn[]): readonly Text[] {
    return columns.map(({ index }) => this.#reader.textOf(index));
  }
}

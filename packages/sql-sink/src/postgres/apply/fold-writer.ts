import { noValue } from '@millrace/core';
import type { FoldedChanges, KeyFold } from '../../apply/key-fold.ts';
import type { Row, RowReader } from '../../apply/row-reader.ts';
import type { Text } from '../../apply/text.ts';
import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import { arrayLiteral } from './array-literal.ts';
import { binaryKeyText } from './binary-key-text.ts';
import { applying, type BulkContext } from './bulk-context.ts';
import { deleteByArray, deleteByStaging, insertFromStaging, updateFromStaging } from './bulk-statements.ts';
import { addCopy, type RowCopy } from './copy-rows.ts';
import { expectingRows, expectingWholeCopy, type RowStatement } from './expected-rows.ts';
import { checkText } from './literal.ts';
import type { RowOperation } from './operations.ts';
import { addSingleOperation } from './single-operation.ts';

/** Rows that say the same columns. */
interface RowSet {
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly Row[];
}

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
    const { written, into, copyProof: proof } = this.#plan;
    const { message, prepared, sharedRows } = this.#context;
    if (rows.length < sharedRows || written.length === 0) return this.#insertEach(rows);
    if (this.#plan.deletedAt !== null) return this.#insertOrRevive(rows);
    const copy: RowCopy = { into, columns: written, rows, image: 'after', proof };
    const partial = addCopy(message, this.#reader, copy);
    if (proof === 'statement') {
      const name = prepared.nameOf(
        `copied ${into}`,
        () => expectingWholeCopy(into),
        (sql) => message.add(sql),
      );
      message.add(`EXECUTE ${name}`);
    }
    await this.#sendIfFull();
    await this.#insertEach(partial);
  }

  /** Rows may be there that are marked as deleted. */
  async #insertOrRevive(rows: readonly Row[]): Promise<void> {
    const { written } = this.#plan;
    const set = written.filter((column) => !this.#key.includes(column));
    const staging = this.#reader.changes.areWhole ? this.#stagingFor(set, rows.length) : null;
    if (staging === null) return this.#insertEach(rows);
    await this.#throughStaging(staging, set, rows, insertFromStaging(this.#plan, staging));
  }

  async #insertEach(rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      this.#reader.readText(row, 'after');
      const columns = this.#saidColumns();
      const values = this.#texts(columns);
      await this.#single({ kind: 'insert', plan: this.#plan, copied: false, columns, values });
    }
  }

  async #update(rows: readonly Row[]): Promise<void> {
    const whole = { columns: this.#plan.written, rows: rows.filter((row) => typeof row === 'number') };
    const partial = this.#byColumns(rows.filter((row) => typeof row !== 'number'));
    for (const { columns, rows: alike } of [whole, ...partial]) {
      const set = columns.filter((column) => !this.#key.includes(column));
      const staging = set.length === 0 ? null : this.#stagingFor(set, alike.length);
      if (staging === null) await this.#updateEach(set, alike);
      else await this.#throughStaging(staging, set, alike, updateFromStaging(this.#plan, set, staging));
    }
  }

  async #updateEach(set: readonly PlannedColumn[], rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      this.#reader.readText(row, 'after');
      const values = [...this.#texts(this.#key), ...this.#texts(set)];
      await this.#single({ kind: 'update', plan: this.#plan, match: { by: 'key' }, set, keyChanged: false, values });
    }
  }

  async #delete({ deleted, vanished }: FoldedChanges): Promise<void> {
    const rows = [...deleted, ...vanished];
    const [column, second] = this.#key;
    const isFew = rows.length < this.#context.sharedRows;
    if (column !== undefined && second === undefined && !isFew) {
      const keys = arrayLiteral(
        rows.map((row) => this.#keyTexts(row)[0] ?? ''),
        column.fullType,
      );
      this.#context.message.add(expectingRows(deleteByArray(this.#plan, column, keys), deleted.length));
      return this.#sendIfFull();
    }
    const staging = isFew ? null : this.#stagingFor([], rows.length);
    if (staging !== null)
      return this.#throughStaging(staging, [], rows, deleteByStaging(this.#plan, staging), deleted.length);
    for (const [at, row] of rows.entries()) {
      const values = this.#keyTexts(row);
      await this.#single(
        { kind: 'delete', plan: this.#plan, match: { by: 'key' }, values },
        at < deleted.length ? 1 : 0,
      );
    }
  }

  /** Copies key and columns of the rows into a staging table, then runs the statement that uses it. */
  async #throughStaging(
    into: string,
    set: readonly PlannedColumn[],
    rows: readonly Row[],
    statement: RowStatement,
    expected = rows.length,
  ): Promise<void> {
    const image = set.length === 0 ? 'before' : 'after';
    const columns = this.#stagedColumns(set);
    const partial = addCopy(this.#context.message, this.#reader, { into, columns, rows, image, proof: 'statement' });
    if (partial.length > 0) throw new Error('A row that lacks columns was taken for a whole one');
    this.#context.message.add(expectingRows(statement, expected));
    await this.#sendIfFull();
  }

  #stagingFor(set: readonly PlannedColumn[], rows: number): string | null {
    const { staging, stagedRows, message } = this.#context;
    if (staging === null || rows < stagedRows) return null;
    return staging.take(this.#plan, this.#stagedColumns(set), (sql) => message.add(sql));
  }

  /** In the order of the table, so that whole rows can go on as they are. */
  #stagedColumns(set: readonly PlannedColumn[]): readonly PlannedColumn[] {
    return [...this.#key, ...set].sort((one, other) => one.index - other.index);
  }

  async #single(operation: RowOperation, rows: 0 | 1 = 1): Promise<void> {
    addSingleOperation(this.#context, operation, rows);
    await this.#sendIfFull();
  }

  async #sendIfFull(): Promise<void> {
    const { message } = this.#context;
    if (message.isFull) await message.send(this.#signal, applying);
  }

  #byColumns(rows: readonly Row[]): Iterable<RowSet> {
    const sets = new Map<string, RowSet & { readonly rows: Row[] }>();
    for (const row of rows) {
      this.#reader.readText(row, 'after');
      const columns = this.#saidColumns();
      const shape = columns.map(({ index }) => index).join();
      const known = sets.get(shape);
      if (known === undefined) sets.set(shape, { columns, rows: [row] });
      else known.rows.push(row);
    }
    return sets.values();
  }

  /** The columns that the row says which was read last. */
  #saidColumns(): readonly PlannedColumn[] {
    const { starts } = this.#reader.places;
    const isSaid = ({ index }: PlannedColumn) => (starts[index] ?? noValue.absent) >= noValue.null;
    const { written } = this.#plan;
    return written.every(isSaid) ? written : written.filter(isSaid);
  }

  #keyTexts(row: number): readonly Text[] {
    this.#reader.read(row, 'before');
    const { places } = this.#reader;
    if (places.wire === 'binary') {
      const texts = this.#key.map((column) => binaryKeyText(places, column));
      if (!texts.includes(null)) return texts;
      this.#reader.readText(row, 'before');
    }
    return this.#texts(this.#key);
  }

  /** Of the row that was read last. */
  #texts(columns: readonly PlannedColumn[]): readonly Text[] {
    return columns.map((column) => {
      const text = this.#reader.textOf(column.index);
      return text === null ? null : checkText(text, this.#plan.relation, column);
    });
  }
}

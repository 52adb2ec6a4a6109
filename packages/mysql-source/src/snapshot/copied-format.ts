import { qualifiedName, type Relation, type UnpackRow } from '@millrace/core';
import { locateValues } from '@millrace/mysql-client';
import { BinlogRow } from '../rows/binlog-row.ts';
import { UnreadableColumn } from '../rows/column-mismatch.ts';
import { describedRelation } from '../rows/described-relation.ts';
import { rowError } from '../rows/row-errors.ts';
import type { RowLayout } from '../rows/row-layout.ts';
import type { Image } from '../rows/row-shape.ts';
import { type TextPlan, textPlan } from '../rows/text-plan.ts';
import type { TableDefinition } from '../schema/table-definition.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import type { ZeroDates } from '../values/zero-dates.ts';
import { type CopiedColumn, copiedColumn } from './copied-column.ts';

/** A table as its rows are selected, and how they are read: as rows of the log that have one image. */
export class CopiedFormat implements RowLayout {
  readonly relation: Relation;
  readonly columns: readonly CopiedColumn[];
  readonly plan: TextPlan;
  readonly format = this;
  readonly unpack: Readonly<Record<Image, UnpackRow>>;
  readonly #datesMayBeNull: boolean;

  /** Throws `TYPE_UNREADABLE`. */
  constructor(definition: TableDefinition, zeroDates: ZeroDates) {
    this.relation = describedRelation(definition);
    this.columns = definition.columns.map((column) => readableColumn(definition, column, zeroDates));
    this.plan = textPlan(this.columns.map(({ decoder }) => decoder));
    this.#datesMayBeNull = zeroDates === 'null';
    const unpack = (bytes: Buffer) => new BinlogRow(this, 'after', bytes, 0, 0);
    this.unpack = { before: unpack, after: unpack };
  }

  mayBeNull(column: number): boolean {
    return this.#datesMayBeNull && /^(date|timestamp|timestamptz)$/.test(this.relation.columns[column]?.type ?? '');
  }

  locate(_: Image, bytes: Buffer, __: number, start: number, starts: number[], ends: number[]): void {
    locateValues(bytes, start, bytes.length, this.columns.length, starts, ends);
  }

  extent(_: Image, bytes: Buffer, __: number, start: number): { readonly start: number; readonly end: number } {
    return { start, end: locateValues(bytes, start, bytes.length, this.columns.length, [], []) };
  }

  decoder(_: Image, column: number): ValueDecoder {
    const copied = this.columns[column];
    if (copied === undefined) throw new RangeError(`There is no column ${column}`);
    return copied.decoder;
  }
}

const readableColumn = (
  { schema, table }: TableDefinition,
  column: TableDefinition['columns'][number],
  zeroDates: ZeroDates,
): CopiedColumn => {
  try {
    return copiedColumn(column, zeroDates);
  } catch (error) {
    if (!(error instanceof UnreadableColumn)) throw error;
    const name = qualifiedName({ schema, table });
    throw rowError('TYPE_UNREADABLE', `Column ${name}.${column.name} cannot be read: ${error.message}`, {
      details: { table: name, column: column.name },
    });
  }
};

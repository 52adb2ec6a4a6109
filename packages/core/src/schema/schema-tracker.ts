import type { ChangeBatch } from '../model/change-batch.ts';
import type { Transaction } from '../model/position.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { SchemaChange } from '../model/schema-change.ts';
import type { Tables } from '../snapshot/table-progress.ts';
import { describedChange } from './described-change.ts';
import { columnChanges, shapeOf, type TableShape } from './table-shape.ts';

/**
 * Notices, batch after batch, that a table has another shape than before: than in the batches before, or, for the first
 * one, than the checkpoint says. What the source says itself is not said again.
 */
export class SchemaTracker {
  readonly #isCaptured: (table: string) => boolean;
  readonly #shapes: Map<string, TableShape>;
  readonly #ids: ReadonlySet<string>;
  readonly #seen = new Map<string, Relation>();

  constructor(tables: Tables, isCaptured: (table: string) => boolean) {
    this.#isCaptured = isCaptured;
    this.#shapes = new Map(
      Object.entries(tables).flatMap(([table, { shape }]) => (shape === undefined ? [] : [[table, shape] as const])),
    );
    this.#ids = new Set(Object.values(tables).flatMap(({ storage }) => storage?.id ?? []));
  }

  /** The changes of shape that are in force before the first change of the batch. */
  observe(batch: ChangeBatch): readonly SchemaChange[] {
    const { relations, schemaChanges } = batch;
    if (
      schemaChanges.length === 0 &&
      relations.every((relation) => this.#seen.get(qualifiedName(relation)) === relation)
    )
      return schemaChanges;
    const said = schemaChanges.filter((change) => this.#concerns(change)).map((change) => this.#said(change));
    const inferred = relations.flatMap((relation) => this.#infer(relation, batch));
    return [...said, ...inferred];
  }

  /** A table of the stream may have got a name that is not captured. */
  #concerns({ relation, storage, before }: SchemaChange): boolean {
    return (
      this.#isCaptured(qualifiedName(relation)) ||
      (storage?.id !== undefined && this.#ids.has(storage.id)) ||
      (before !== undefined && this.#isCaptured(qualifiedName(before.relation)))
    );
  }

  #said(change: SchemaChange): SchemaChange {
    if (change.table === 'drop-table') return change;
    const { relation, storage, before: said } = change;
    const table = qualifiedName(relation);
    const before = said === undefined ? this.#shapes.get(table) : shapeOf(said.relation);
    this.#shapes.set(table, shapeOf(relation));
    if (storage === undefined || change.table !== undefined) return change;
    const told =
      said === undefined
        ? null
        : describedChange(change, { state: 'live', shape: before, storage: said.storage }, storage);
    return told ?? { ...change, columns: before === undefined ? [] : columnChanges(before, relation) };
  }

  #infer(relation: Relation, batch: ChangeBatch): readonly SchemaChange[] {
    const table = qualifiedName(relation);
    if (this.#seen.get(table) === relation || !this.#isCaptured(table)) return [];
    this.#seen.set(table, relation);
    const before = this.#shapes.get(table);
    this.#shapes.set(table, shapeOf(relation));
    if (before === undefined) return [];
    const columns = columnChanges(before, relation);
    if (columns.length === 0) return [];
    return [
      {
        relation,
        columns,
        transaction: transactionOf(relation, batch),
        statement: null,
        certain: false,
        rewritesRows: columns.some(({ kind }) => kind !== 'drop-column'),
      },
    ];
  }
}

/** That of the first change of the table. */
const transactionOf = (relation: Relation, { changes }: ChangeBatch): Transaction | null => {
  for (const change of changes) if (change.relation === relation) return change.transaction;
  return null;
};

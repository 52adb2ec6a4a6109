import {
  type Change,
  type ChangeBatch,
  type ChangeParts,
  changeBatch,
  createChange,
  decodedRow,
  qualifiedName,
  type Relation,
  type SchemaChange,
  type Transaction,
} from '@millrace/core';
import { postgresAlter } from './postgres-statements.ts';
import { keyOf } from './table-state.ts';
import type { WorkloadOperation, WorkloadRow, WorkloadTransaction } from './workload.ts';

export interface BatchOptions {
  /** Updates say every column. Default: they leave out what they do not set, unless whole rows are logged. */
  readonly completeUpdates?: boolean;
  /** The most changes of one batch: a longer transaction comes in parts. Default: no limit. */
  readonly maxChanges?: number;
}

type RowParts = Pick<ChangeParts, 'op' | 'relation' | 'before' | 'after'>;

const pick = (row: WorkloadRow, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, row[name]]));

/** What the log says of a row that is no more. */
const formerRow = (relation: Relation, row: WorkloadRow): Record<string, unknown> =>
  relation.identity === 'full' ? { ...row } : pick(row, keyOf(relation) ?? []);

const updateParts = (
  { relation, before, after, columns }: Extract<WorkloadOperation, { kind: 'update' }>,
  { completeUpdates = false }: BatchOptions,
): RowParts => {
  const key = keyOf(relation) ?? [];
  const isWhole = completeUpdates || relation.identity === 'full';
  const names = relation.columns.map(({ name }) => name).filter((name) => key.includes(name) || columns.includes(name));
  const former = decodedRow(relation, formerRow(relation, before));
  const isMoved = key.some((name, at) => textAt(relation, before, name, at) !== textAt(relation, after, name, at));
  return {
    op: 'update',
    relation,
    before: relation.identity === 'full' || isMoved ? former : null,
    after: decodedRow(relation, isWhole ? { ...after } : pick(after, names)),
  };
};

const textAt = (relation: Relation, row: WorkloadRow, name: string, at: number): string | null =>
  decodedRow(relation, pick(row, [name])).text(relation.key?.[at] ?? -1);

/** What becomes one batch. */
interface Piece {
  readonly schemaChanges: SchemaChange[];
  readonly changes: Change[];
}

/** Collects the batches of one transaction. */
class TransactionBatches {
  readonly #transaction: Transaction;
  readonly #options: BatchOptions;
  readonly #batches: Piece[] = [];
  #sequence = 0;

  constructor(transaction: Transaction, options: BatchOptions) {
    this.#transaction = transaction;
    this.#options = options;
  }

  add(operation: WorkloadOperation): void {
    if (operation.kind === 'savepoint') {
      if (operation.outcome === 'released') for (const one of operation.operations) this.add(one);
    } else if (operation.kind === 'schema-change') this.#addSchemaChange(operation);
    else if (operation.kind === 'truncate')
      for (const relation of operation.relations)
        this.#addChange({ op: 'truncate', relation, before: null, after: null });
    else if (operation.kind === 'update') this.#addChange(updateParts(operation, this.#options));
    else {
      const { kind: op, relation, row } = operation;
      const image = decodedRow(relation, op === 'delete' ? formerRow(relation, row) : { ...row });
      this.#addChange({ op, relation, before: op === 'delete' ? image : null, after: op === 'delete' ? null : image });
    }
  }

  end(position: string): readonly ChangeBatch[] {
    const transaction = this.#transaction;
    const batches = this.#batches.length === 0 ? [{ schemaChanges: [], changes: [] }] : this.#batches;
    return batches.map(({ schemaChanges, changes }, at) => {
      const end = at === batches.length - 1 ? { position } : ({ position: null, transaction } as const);
      return { ...changeBatch(changes, end), schemaChanges };
    });
  }

  #addSchemaChange({ relation, change, changed }: Extract<WorkloadOperation, { kind: 'schema-change' }>): void {
    const last = this.#batches.at(-1);
    // One batch holds rows of one shape.
    const batch = last?.changes.length === 0 ? last : this.#begin();
    const statement = postgresAlter(relation, change);
    const transaction = this.#transaction;
    batch.schemaChanges.push({
      relation: changed,
      columns: [change],
      transaction,
      statement,
      certain: true,
      rewritesRows: false,
    });
  }

  #addChange(parts: RowParts): void {
    const { maxChanges = Number.POSITIVE_INFINITY } = this.#options;
    const last = this.#batches.at(-1);
    const { changes } = last === undefined || last.changes.length >= maxChanges ? this.#begin() : last;
    const [table, transaction] = [qualifiedName(parts.relation), this.#transaction];
    changes.push(createChange({ ...parts, table, transaction, sequence: this.#sequence++ }));
  }

  #begin(): Piece {
    const batch: Piece = { schemaChanges: [], changes: [] };
    this.#batches.push(batch);
    return batch;
  }
}

/** When the first transaction was committed; the others follow a second apart. */
const epoch = 1_700_000_000_000;

/** The place of a transaction in the log: the transaction with the index n begins at `n` and ends at `n + 1`. */
export const comparePositions = (a: string, b: string): -1 | 0 | 1 =>
  Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0;

/**
 * What a source says of a transaction: one batch, or the parts of one transaction where the shape of a table changes or
 * `maxChanges` is reached. A batch without changes where nothing was written, and none at all of what was rolled back.
 * Positions are ordered by `comparePositions`.
 */
export const changeBatches = (
  { index, operations, outcome }: WorkloadTransaction,
  options: BatchOptions = {},
): readonly ChangeBatch[] => {
  if (outcome === 'rolled-back') return [];
  const transaction = { id: String(index), commitTime: epoch + index * 1_000, position: String(index) };
  const batches = new TransactionBatches(transaction, options);
  for (const operation of operations) batches.add(operation);
  return batches.end(String(index + 1));
};

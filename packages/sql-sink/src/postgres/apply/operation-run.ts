import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import { literal } from './literal.ts';
import type { Message } from './message.ts';
import type { DeleteOperation, InsertOperation, RowOperation } from './row-operation.ts';
import { deleteRowsStatement, insertRowsStatement } from './statements.ts';

/** Consecutive inserts, or deletes by a key of one column, of one table and shape: one statement for all of them. */
export class OperationRun {
  readonly #first: InsertOperation | DeleteOperation;
  readonly #rows: string[] = [];
  #characters = 0;

  constructor(first: InsertOperation | DeleteOperation) {
    this.#first = first;
    this.add(first);
  }

  /** Whether the rows of this operation can follow others. */
  static canStart(operation: RowOperation): operation is InsertOperation | DeleteOperation {
    if (operation.kind === 'insert') return operation.columns.length > 0;
    // The operator of a type from an extension cannot be named with IN.
    return operation.kind === 'delete' && operation.plan.key?.length === 1 && operation.plan.key[0]?.equals === '=';
  }

  accepts(operation: RowOperation): boolean {
    const { kind, plan } = this.#first;
    if (operation.kind !== kind || operation.plan !== plan) return false;
    return operation.kind !== 'insert' || sameColumns(operation.columns, this.#columns);
  }

  add({ values }: InsertOperation | DeleteOperation): void {
    const constants = values.map(literal).join(', ');
    this.#characters += constants.length;
    this.#rows.push(constants);
  }

  /** Its operation and the constants of its values, while it is the only one. */
  get single(): { readonly operation: RowOperation; readonly constants: string } | null {
    const [constants] = this.#rows;
    return this.#rows.length !== 1 || constants === undefined ? null : { operation: this.#first, constants };
  }

  get length(): number {
    return this.#rows.length;
  }

  get characters(): number {
    return this.#characters;
  }

  /** Appends the one statement for all rows. */
  addTo(message: Pick<Message, 'addCounted'>): void {
    const { kind, plan } = this.#first;
    message.addCounted(
      kind === 'insert' ? insertRowsStatement(plan, this.#columns, this.#rows) : this.#deletes(plan),
      this.#rows.length,
    );
  }

  get #columns(): readonly PlannedColumn[] {
    return this.#first.kind === 'insert' ? this.#first.columns : [];
  }

  #deletes(plan: TablePlan): string {
    const key = plan.key?.[0];
    if (key === undefined) throw new Error('A run of deletes needs a key');
    return deleteRowsStatement(plan, key, this.#rows);
  }
}

const sameColumns = (one: readonly PlannedColumn[], other: readonly PlannedColumn[]): boolean =>
  one === other || (one.length === other.length && one.every((column, at) => column === other[at]));

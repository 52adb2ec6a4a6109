import { expectingRows } from './expected-rows.ts';
import type { RowOperation } from './row-operation.ts';
import { plainStatement, type Slot } from './statements.ts';

/** What tells the statements of two operations apart: table, kind, and the columns they touch. */
export const shapeOf = (operation: RowOperation): string => {
  const columns = operation.kind === 'insert' ? operation.columns : operation.kind === 'update' ? operation.set : [];
  return `${operation.plan.id} ${operation.kind} ${columns.map(({ index }) => index).join()}`;
};

/** The statements that one connection has prepared. The one used longest ago goes first when there are too many. */
export class PreparedStatements {
  readonly #limit: number;
  readonly #names = new Map<string, string>();
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The name of the statement for an operation, which fails unless it meets exactly one row. What has to run before it
   * is used, once, goes to `prepare`. Only for operations whose shape does not depend on their values: not for rows found by their columns.
   */
  nameOf(operation: RowOperation, prepare: (sql: string) => void): string {
    return this.named(shapeOf(operation), (slot) => expectingRows(plainStatement(operation, slot), 1), prepare);
  }

  /** The name of the statement with this shape, which `text` makes of the parameters for its values. */
  named(shape: string, text: (slot: Slot) => string, prepare: (sql: string) => void): string {
    const known = this.#names.get(shape);
    if (known !== undefined) {
      this.#names.delete(shape);
      this.#names.set(shape, known);
      return known;
    }
    const name = `millrace_${++this.#count}`;
    const types: string[] = [];
    const statement = text((column) => `$${types.push(column.type)}`);
    this.#evict(prepare);
    prepare(`PREPARE ${name}${types.length === 0 ? '' : ` (${types.join(', ')})`} AS ${statement}`);
    this.#names.set(shape, name);
    return name;
  }

  /** Forgets everything, after `DEALLOCATE ALL`. */
  clear(): void {
    this.#names.clear();
  }

  #evict(prepare: (sql: string) => void): void {
    for (const [shape, name] of this.#names) {
      if (this.#names.size < this.#limit) return;
      this.#names.delete(shape);
      prepare(`DEALLOCATE ${name}`);
    }
  }
}

import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import { createStagingTable } from './bulk-statements.ts';

interface StagingTable {
  readonly name: string;
  /** It holds rows of the transaction that is open. */
  isUsed: boolean;
}

/**
 * The staging tables of one connection, one for each target table and set of columns. The server empties all of them
 * at the end of every transaction that used one, which takes it about a quarter of a millisecond each: so they are few,
 * and few rows are better written without.
 */
export class StagingTables {
  readonly #limit: number;
  readonly #tables = new Map<string, StagingTable>();
  #made = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The name of an empty table with these columns. What has to run before it is filled goes to `prepare`. `null`: as
   * many are in use as there may be.
   */
  take(plan: TablePlan, columns: readonly PlannedColumn[], prepare: (sql: string) => void): string | null {
    const shape = `${plan.id} ${columns.map(({ index }) => index).join()}`;
    const known = this.#tables.get(shape);
    if (known !== undefined) {
      this.#tables.delete(shape);
      this.#tables.set(shape, known);
      if (known.isUsed) prepare(`TRUNCATE ${known.name}`);
      known.isUsed = true;
      return known.name;
    }
    if (!this.#makeRoom(prepare)) return null;
    const name = `pg_temp.millrace_${++this.#made}`;
    prepare(createStagingTable(name, columns));
    this.#tables.set(shape, { name, isUsed: true });
    return name;
  }

  /** The transaction has been committed. */
  emptied(): void {
    for (const table of this.#tables.values()) table.isUsed = false;
  }

  /** Forgets everything, after `DISCARD TEMP`. */
  clear(): void {
    this.#tables.clear();
  }

  #makeRoom(prepare: (sql: string) => void): boolean {
    if (this.#tables.size < this.#limit) return true;
    for (const [shape, { name, isUsed }] of this.#tables) {
      if (isUsed) continue;
      this.#tables.delete(shape);
      prepare(`DROP TABLE ${name}`);
      return true;
    }
    return false;
  }
}

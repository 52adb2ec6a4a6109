import { qualifiedName, type Relation, type UniqueIndex } from '@millrace/core';
import type { WorkloadRow } from './workload.ts';

/** What has to differ from row to row. */
export interface Constraint {
  readonly columns: readonly string[];
  readonly nullsEqual: boolean;
}

const quoted = /^"(.*)"$/s;

const constraintOf = (relation: Relation, { terms, predicate, nullsEqual }: UniqueIndex): Constraint => {
  const columns = terms.map((term) => quoted.exec(term)?.[1]?.replaceAll('""', '"') ?? term);
  const isKnown = columns.every((name) => relation.columns.some((column) => column.name === name));
  if (!isKnown || predicate !== null)
    throw new TypeError(`A unique index of ${qualifiedName(relation)} holds some of its rows only, or expressions`);
  return { columns, nullsEqual };
};

export const keyOf = ({ columns, key }: Relation): readonly string[] | null =>
  key?.map((at) => columns[at]?.name ?? '') ?? null;

export const constraintsOf = (relation: Relation): readonly Constraint[] => {
  const key = keyOf(relation);
  const unique = (relation.unique ?? []).map((index) => constraintOf(relation, index));
  const others = unique.filter(({ columns }) => columns.join() !== key?.join());
  return key === null ? others : [{ columns: key, nullsEqual: true }, ...others];
};

const textOf = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);

/** `null`: the row collides with none. */
const valuesOf = (row: WorkloadRow, { columns, nullsEqual }: Constraint): string | null => {
  const values = columns.map((name) => row[name] ?? null);
  if (!nullsEqual && values.includes(null)) return null;
  return JSON.stringify(values.map((value) => (value === null ? null : textOf(value))));
};

/** One table as the transaction that is running sees it. Refuses what its database would. */
export class TableState {
  readonly relation: Relation;
  readonly constraints: readonly Constraint[];
  readonly #rows: WorkloadRow[];
  /** For each constraint what is taken. */
  readonly #taken: readonly Set<string>[];

  constructor(relation: Relation, rows: readonly WorkloadRow[]) {
    this.relation = relation;
    this.constraints = constraintsOf(relation);
    this.#taken = this.constraints.map(() => new Set());
    this.#rows = [...rows];
    for (const row of rows) this.#take(row);
  }

  get rows(): readonly WorkloadRow[] {
    return this.#rows;
  }

  /** `undefined` of an empty table. */
  rowAt(number: number): WorkloadRow | undefined {
    return this.#rows[number % this.#rows.length];
  }

  /** False: another row has its key or another of its unique values. */
  insert(row: WorkloadRow): boolean {
    if (this.#collides(row)) return false;
    this.#rows.push(row);
    this.#take(row);
    return true;
  }

  /** False: as for `insert`, and nothing is changed. */
  update(before: WorkloadRow, after: WorkloadRow): boolean {
    this.#give(before);
    const isPossible = !this.#collides(after);
    if (isPossible) this.#rows[this.#rows.indexOf(before)] = after;
    this.#take(isPossible ? after : before);
    return isPossible;
  }

  delete(row: WorkloadRow): void {
    this.#give(row);
    this.#rows.splice(this.#rows.indexOf(row), 1);
  }

  clone(): TableState {
    return new TableState(this.relation, this.#rows);
  }

  #collides(row: WorkloadRow): boolean {
    return this.constraints.some((constraint, at) => this.#taken[at]?.has(valuesOf(row, constraint) ?? '') === true);
  }

  #take(row: WorkloadRow): void {
    for (const [at, constraint] of this.constraints.entries()) {
      const values = valuesOf(row, constraint);
      if (values !== null) this.#taken[at]?.add(values);
    }
  }

  #give(row: WorkloadRow): void {
    for (const [at, constraint] of this.constraints.entries()) this.#taken[at]?.delete(valuesOf(row, constraint) ?? '');
  }
}

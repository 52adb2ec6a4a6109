import { qualifiedName, type Relation } from '@millrace/core';
import { columnValue, type GivenValues } from './column-values.ts';
import type { RawMark, RawStep } from './raw-steps.ts';
import { shapeChange } from './schema-changes.ts';
import { type Constraint, keyOf, TableState } from './table-state.ts';
import type { WorkloadOperation, WorkloadRow, WorkloadTable } from './workload.ts';

type Tables = Map<string, TableState>;

const cloned = (tables: Tables): Tables => new Map([...tables].map(([name, table]) => [name, table.clone()]));

/** Turns raw material into the operations of one transaction, each of which its database would carry out. */
export class TransactionRun {
  readonly #operations: WorkloadOperation[] = [];
  readonly #open: { readonly from: number; readonly before: Tables }[] = [];
  readonly #table: number;
  readonly #given: GivenValues;
  #tables: Tables;

  /** `table`: the number of the one that it is about. */
  constructor(before: ReadonlyMap<string, WorkloadTable>, table: number, given: GivenValues) {
    this.#tables = new Map([...before].map(([name, { relation, rows }]) => [name, new TableState(relation, rows)]));
    this.#table = table;
    this.#given = given;
  }

  /** The tables as this transaction sees them. */
  get tables(): ReadonlyMap<string, WorkloadTable> {
    return new Map([...this.#tables].map(([name, { relation, rows }]) => [name, { relation, rows: [...rows] }]));
  }

  run(step: RawStep | RawMark): void {
    if (step.kind === 'savepoint') this.#open.push({ from: this.#operations.length, before: cloned(this.#tables) });
    else if (step.kind === 'release') this.#close('released');
    else if (step.kind === 'roll-back') this.#close('rolled-back');
    else this.#step(step);
  }

  /** Releases what is open, and gives every operation. */
  end(): readonly WorkloadOperation[] {
    while (this.#open.length > 0) this.#close('released');
    return this.#operations;
  }

  #close(outcome: 'released' | 'rolled-back'): void {
    const savepoint = this.#open.pop();
    if (savepoint === undefined) return;
    const operations = this.#operations.splice(savepoint.from);
    this.#operations.push({ kind: 'savepoint', operations, outcome });
    if (outcome === 'rolled-back') this.#tables = savepoint.before;
  }

  #step(step: RawStep): void {
    const table = [...this.#tables.values()][(step.table ?? this.#table) % this.#tables.size];
    if (table === undefined) return;
    const { identity } = table.relation;
    // Of a table that logs nothing of its rows the source takes no other change.
    if (identity === 'none' && step.kind !== 'insert' && step.kind !== 'truncate') return;
    if (step.kind === 'insert') this.#insert(table, step);
    else if (step.kind === 'update') this.#update(table, step);
    else if (step.kind === 'key-change') this.#changeKey(table, step);
    else if (step.kind === 'hand-over') this.#handOver(table, step);
    else if (step.kind === 'delete') this.#delete(table, step);
    else if (step.kind === 'replace') this.#replaceRow(table, step);
    else if (step.kind === 'truncate') this.#truncate(table, step);
    else this.#changeShape(table, step);
  }

  #insert(table: TableState, step: RawStep): void {
    const { relation } = table;
    const all = namesOf(relation);
    let left = step.count;
    for (let nth = 0; left > 0 && nth < step.count + attempts; nth++) {
      const row = this.#values(table, all, step, nth);
      if (!table.insert(row)) continue;
      this.#operations.push({ kind: 'insert', relation, row });
      left--;
    }
  }

  #update(table: TableState, step: RawStep): void {
    const key = keyOf(table.relation) ?? [];
    const free = namesOf(table.relation).filter((name) => !key.includes(name));
    const chosen = free.filter((_, at) => (step.columns >> (at % 8)) % 2 === 1);
    const columns = step.columns === 0 || chosen.length === 0 ? free : chosen;
    if (columns.length === 0) return;
    for (const [nth, row] of rowsAt(table, step).entries())
      this.#set(table, row, this.#values(table, columns, step, nth));
  }

  /** Of one row, with or without other columns. */
  #changeKey(table: TableState, step: RawStep): void {
    const key = keyOf(table.relation);
    const row = table.rowAt(step.row);
    if (key === null || row === undefined) return;
    const others = namesOf(table.relation).filter(
      (name, at) => !key.includes(name) && (step.columns >> (at % 8)) % 2 === 1,
    );
    this.#set(table, row, this.#values(table, [...key, ...others], step, 0));
  }

  #handOver(table: TableState, step: RawStep): void {
    const constraint = table.constraints[step.columns % table.constraints.length];
    const [first, second] = [table.rowAt(step.row), table.rowAt(step.row + 1 + step.count)];
    if (constraint === undefined || first === undefined || second === undefined || first === second) return;
    const values = Object.fromEntries(constraint.columns.map((name) => [name, first[name]]));
    for (let attempt = 0; attempt < attempts; attempt++) {
      const others = this.#values(table, constraint.columns, step, attempt);
      if (hasValues(first, others, constraint) || !this.#set(table, first, others)) continue;
      this.#set(table, second, values);
      return;
    }
  }

  #delete(table: TableState, step: RawStep): void {
    const { relation } = table;
    for (const row of rowsAt(table, step)) {
      table.delete(row);
      this.#operations.push({ kind: 'delete', relation, row });
    }
  }

  #replaceRow(table: TableState, step: RawStep): void {
    const { relation } = table;
    const before = table.rowAt(step.row);
    if (before === undefined) return;
    table.delete(before);
    this.#operations.push({ kind: 'delete', relation, row: before });
    const key = keyOf(relation) ?? [];
    const others = namesOf(relation).filter((name) => !key.includes(name));
    const row = { ...before, ...this.#values(table, others, step, 0) };
    if (table.insert(row)) this.#operations.push({ kind: 'insert', relation, row });
  }

  /** One table, or with another one. */
  #truncate(table: TableState, { row }: RawStep): void {
    const other = [...this.#tables.values()][row % (2 * this.#tables.size)] ?? table;
    const relations = [...new Set([table.relation, other.relation])];
    for (const relation of relations) this.#replace(new TableState(relation, []));
    this.#operations.push({ kind: 'truncate', relations });
  }

  #changeShape(table: TableState, step: RawStep): void {
    const { change, relation: changed, changeRow } = shapeChange(table.relation, step);
    this.#replace(new TableState(changed, table.rows.map(changeRow)));
    this.#operations.push({ kind: 'schema-change', relation: table.relation, change, changed });
  }

  #set(table: TableState, before: WorkloadRow, values: WorkloadRow): boolean {
    const columns = Object.keys(values);
    const after = { ...before, ...values };
    if (!table.update(before, after)) return false;
    this.#operations.push({ kind: 'update', relation: table.relation, before, after, columns });
    return true;
  }

  #replace(table: TableState): void {
    this.#tables.set(qualifiedName(table.relation), table);
  }

  /** For the `nth` row of a step. */
  #values(
    { relation, constraints }: TableState,
    names: readonly string[],
    { numbers }: RawStep,
    nth: number,
  ): WorkloadRow {
    const distinct = new Set(constraints.flatMap(({ columns }) => columns));
    const values: Record<string, unknown> = {};
    for (const [at, column] of relation.columns.entries()) {
      if (!names.includes(column.name)) continue;
      const isDistinct = distinct.has(column.name);
      const number = (numbers[at % numbers.length] ?? 0) * (isDistinct ? 1 : 1 + at) + nth;
      values[column.name] = columnValue(relation, column, number, isDistinct, this.#given);
    }
    return values;
  }
}

/** How often values that are free are looked for. */
const attempts = 5;

const namesOf = ({ columns }: Relation): readonly string[] =>
  columns.filter(({ generated }) => !generated).map(({ name }) => name);

const rowsAt = (table: TableState, { row, count }: RawStep): readonly WorkloadRow[] => {
  const { rows } = table;
  const from = rows.length === 0 ? 0 : row % rows.length;
  return rows.slice(from, from + count);
};

const hasValues = (row: WorkloadRow, values: WorkloadRow, { columns }: Constraint): boolean =>
  columns.every((name) => String(row[name]) === String(values[name]));

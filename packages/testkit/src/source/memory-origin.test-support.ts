import type { Change, Relation, Source } from '@millrace/core';
import { changeBatches } from '../workload/change-batches.ts';
import { twoKeys, workRelations } from '../workload/relations.test-support.ts';
import type { WorkloadTransaction } from '../workload/workload.ts';
import type { OriginChange, SourceWorld } from './source-world.ts';
import { column, relationOf } from './work-tables.ts';

/** Those that log their rows. */
export const otherRelations = [...workRelations.filter(({ identity }) => identity !== 'none'), twoKeys];

const names = { id: 'id', note: 'note', count: 'count' };
export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

export interface Reader {
  forgotten: number;
}

/** Of the table that every case is about. */
export interface LoggedChange {
  readonly change: OriginChange;
  readonly relation: Relation;
  readonly old: Row | undefined;
  readonly row: Row | undefined;
}

/** A table in memory and its log: transaction n lies between the positions n and n + 1. */
export class MemoryOrigin {
  readonly id = `${Math.random()}`;
  rows = new Map<number, Row>();
  readonly log: (readonly (LoggedChange | Change)[])[] = [];
  relation: Relation = relationOf({ name: 'origin.items', columns: names });
  /** What the stream has made to read the log, and from where that goes on. */
  reader: Reader | null = null;
  readonly sides = new Map<string, Reader>();
  readonly connections = new Set<AbortController>();

  write(changes: readonly OriginChange[]): void {
    this.log.push(changes.map((change) => this.#apply(change)));
  }

  /** To other tables. */
  run(transaction: WorkloadTransaction): void {
    const changes = changeBatches(transaction).flatMap((batch) => [...batch.changes] as Change[]);
    if (changes.length > 0) this.log.push(changes);
  }

  addColumn(name: string): void {
    const { relation } = this;
    this.relation = {
      ...relation,
      version: relation.version + 1,
      columns: [...relation.columns, column(name, 'text')],
    };
    for (const [id, row] of this.rows) this.rows.set(id, { ...row, [name]: null });
  }

  /** Whoever reads cannot go on. */
  cut(): void {
    for (const connection of this.connections) connection.abort(new Error('The connection was cut'));
    this.connections.clear();
  }

  get end(): string {
    return String(this.log.length);
  }

  #apply(change: OriginChange): LoggedChange {
    const { relation } = this;
    if (change.op === 'truncate') this.rows.clear();
    const former = change.op === 'update' || change.op === 'delete' ? change.id : null;
    const old = former === null ? undefined : this.rows.get(former);
    if (former !== null) this.rows.delete(former);
    const empty = Object.fromEntries(relation.columns.map(({ name }) => [name, null]));
    const row = 'row' in change ? { ...(old ?? empty), ...change.row } : undefined;
    if (row !== undefined) this.rows.set(row.id, row);
    return { change, relation, old, row };
  }
}

export const worldOf = (origin: MemoryOrigin, connect: () => Source): SourceWorld => ({
  connect,
  write: async (changes) => origin.write(changes),
  table: { name: 'origin.items', columns: names },
  workload: { relations: otherRelations, write: async (transaction) => origin.run(transaction) },
  cut: async () => origin.cut(),
  addColumn: async (name) => origin.addColumn(name),
});

import { type Change, type ChangeBatch, type ColumnChange, qualifiedName, type Relation } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { type BatchOptions, changeBatches, comparePositions } from './change-batches.ts';
import { workRelations } from './relations.test-support.ts';
import type { WorkloadRow } from './workload.ts';
import { workloadOf } from './workloads.ts';

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
const inOrder = (row: WorkloadRow): string => textOf(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
const agrees = (row: WorkloadRow, partial: WorkloadRow): boolean =>
  Object.entries(partial).every(([name, value]) => textOf(row[name]) === textOf(value));

/** A target that applies one change at a time, and knows nothing of how they were made. */
class Target {
  readonly rows = new Map<string, WorkloadRow[]>();

  apply({ schemaChanges, changes }: ChangeBatch): void {
    for (const { relation, columns } of schemaChanges) {
      const name = qualifiedName(relation);
      for (const change of columns)
        this.rows.set(
          name,
          this.#of(name).map((row) => reshaped(row, change)),
        );
    }
    for (const change of changes) this.#change(change as Change);
  }

  #change({ op, table, relation, after, before }: Change): void {
    const rows = this.#of(table);
    if (op === 'truncate') rows.length = 0;
    if (op === 'insert') rows.push({ ...after });
    if (op !== 'update' && op !== 'delete') return;
    const key = Object.fromEntries((relation.key ?? []).map((at) => nameAndValue(relation, at, after)));
    const found = rows.findIndex((row) => agrees(row, before ?? key));
    if (found < 0) throw new Error(`No row of ${table} for ${op}`);
    rows.splice(found, 1, ...(op === 'update' ? [{ ...rows[found], ...after }] : []));
  }

  #of(table: string): WorkloadRow[] {
    const rows = this.rows.get(table) ?? [];
    this.rows.set(table, rows);
    return rows;
  }
}

const reshaped = (row: WorkloadRow, change: ColumnChange): WorkloadRow => {
  if (change.kind === 'add-column') return { ...row, [change.column.name]: filled(change.column.type, change.fill) };
  if (change.kind === 'alter-column-type') {
    const { name, type } = change.column;
    return type === 'bigint' && row[name] !== null ? { ...row, [name]: BigInt(Number(row[name])) } : row;
  }
  if (change.kind !== 'drop-column' && change.kind !== 'rename-column') return row;
  const { [change.kind === 'rename-column' ? change.from : change.name]: value, ...rest } = row;
  return change.kind === 'rename-column' ? { ...rest, [change.name]: value } : rest;
};

const filled = (type: string, fill: string | null): unknown =>
  fill === null ? null : type === 'int' ? Number(fill) : type === 'boolean' ? fill === 'true' : fill;
const nameAndValue = (relation: Relation, at: number, row: WorkloadRow | null) => {
  const name = relation.columns[at]?.name ?? '';
  return [name, row?.[name]];
};

const batchOptions: readonly BatchOptions[] = [{}, { completeUpdates: true }, { maxChanges: 3 }];

describe('change batches', () => {
  it.each(batchOptions)('leave the rows of the workload after every transaction: %o', (options) => {
    for (let seed = 0; seed < 100; seed++) {
      const target = new Target();
      let position = '0';
      for (const transaction of workloadOf(workRelations, seed).transactions) {
        for (const batch of changeBatches(transaction, options)) {
          target.apply(batch);
          if (batch.position === null) continue;
          expect(comparePositions(position, batch.position)).toBe(-1);
          position = batch.position;
        }
        for (const [name, { rows }] of transaction.tables)
          expect((target.rows.get(name) ?? []).map(inOrder).sort(), `${name}, seed ${seed}`).toEqual(
            rows.map(inOrder).sort(),
          );
      }
    }
  });

  it('are parts of one transaction where a table changes its shape, or too many changes come', () => {
    let shapes = 0;
    for (let seed = 0; seed < 100; seed++)
      for (const transaction of workloadOf(workRelations, seed).transactions) {
        const batches = changeBatches(transaction, { maxChanges: 3 });
        const changes = batches.flatMap((batch) => [...batch.changes]);
        expect(changes.map(({ sequence }) => sequence)).toEqual(changes.map((_, at) => at));
        expect(batches.slice(0, -1).every((batch) => batch.position === null && batch.changes.length <= 3)).toBe(true);
        if (transaction.outcome === 'rolled-back') expect(batches).toEqual([]);
        else expect(batches.at(-1)?.position).toBe(String(transaction.index + 1));
        for (const { relations, changes: own } of batches) {
          const tables = new Set(relations.map(qualifiedName));
          expect(tables.size).toBe(relations.length);
          for (const { relation } of own) expect(relations).toContain(relation);
        }
        shapes += batches.filter(({ schemaChanges }) => schemaChanges.length > 0).length;
      }
    expect(shapes).toBeGreaterThan(20);
  });

  it('leave columns out of updates unless whole rows are asked for, or logged', () => {
    const updates = (options: BatchOptions) =>
      Array.from({ length: 60 }, (_, seed) => workloadOf(workRelations, seed).transactions)
        .flat()
        .flatMap((transaction) => changeBatches(transaction, options))
        .flatMap((batch) => [...batch.changes] as Change[])
        .filter(({ op }) => op === 'update');
    expect(updates({}).some((change) => change.op === 'update' && !change.complete)).toBe(true);
    for (const change of updates({ completeUpdates: true }))
      expect(change.op === 'update' && change.complete).toBe(true);
    for (const change of updates({}))
      if (change.relation.identity === 'full') {
        expect(change.op === 'update' && change.complete).toBe(true);
        expect(Object.keys(change.before ?? {}).length).toBe(change.relation.columns.length);
      }
  });
});

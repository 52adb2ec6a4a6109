import { qualifiedName, type Relation } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workRelations } from './relations.test-support.ts';
import type { Workload, WorkloadOperation } from './workload.ts';
import { workloadOf, workloads } from './workloads.ts';

const seeds = Array.from({ length: 60 }, (_, seed) => seed);
const allOperations = ({ transactions }: Workload) => transactions.flatMap(({ operations }) => flat(operations));
const flat = (operations: readonly WorkloadOperation[]): readonly WorkloadOperation[] =>
  operations.flatMap((one) => (one.kind === 'savepoint' ? [one, ...flat(one.operations)] : [one]));

describe('a workload', () => {
  it('is the same for a seed, and the first that fast-check tries with it', () => {
    for (const seed of seeds.slice(0, 20)) {
      const workload = workloadOf(workRelations, seed);
      expect(workloadOf(workRelations, seed)).toEqual(workload);
      const tried: Workload[] = [];
      fc.check(
        fc.property(workloads(workRelations), (one) => void tried.push(one)),
        { seed, numRuns: 1 },
      );
      expect(tried).toEqual([workload]);
    }
  });

  it('comes to everything that it is for', () => {
    const counts = new Map<string, number>();
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
    for (let seed = 0; seed < 150; seed++) {
      const { transactions } = workloadOf(workRelations, seed);
      for (const { outcome, operations, tables } of transactions) {
        if (operations.length > 0) count(`transaction ${outcome}`);
        if (operations.length > 40) count('large transaction');
        const givenUp = new Set<unknown>();
        const deleted = new Set<unknown>();
        for (const operation of flat(operations)) {
          count(operation.kind);
          if (operation.kind === 'delete' && operation.relation.table === 'accounts') deleted.add(operation.row.id);
          if (operation.kind === 'insert' && deleted.has(operation.row.id)) count('key inserted again');
          if (operation.kind === 'update' && operation.relation.table === 'accounts') {
            const { before, after } = operation;
            if (before.email !== after.email && givenUp.has(after.email)) count('unique value handed over');
            if (before.id !== after.id && givenUp.has(after.id)) count('key handed over');
            givenUp.add(before.email ?? undefined).add(before.id);
          }
          if (operation.kind === 'savepoint' && operation.operations.length > 0) count(operation.outcome);
          if (operation.kind === 'schema-change') count(operation.change.kind);
          if (operation.kind === 'truncate') count(`truncate ${operation.relations.length}`);
          if (operation.kind !== 'update') continue;
          const { columns } = operation.relation;
          count(`update of ${qualifiedName(operation.relation)}`);
          if (operation.columns.length < columns.length - 1) count('update that leaves columns out');
        }
        for (const { rows } of tables.values()) if (rows.length > 20) count('large table');
      }
    }
    for (const what of [
      'transaction committed',
      'transaction rolled-back',
      'large transaction',
      'large table',
      'insert',
      'update',
      'delete',
      'truncate 1',
      'truncate 2',
      'released',
      'rolled-back',
      'add-column',
      'drop-column',
      'rename-column',
      'alter-column-type',
      'alter-column-nullability',
      'update that leaves columns out',
      'unique value handed over',
      'key handed over',
      'key inserted again',
      ...workRelations.filter(({ identity }) => identity !== 'none').map((one) => `update of ${qualifiedName(one)}`),
    ])
      expect(counts.get(what) ?? 0, what).toBeGreaterThan(5);
  });

  it('shrinks to the operations that a failure needs', () => {
    const isMove = (operation: WorkloadOperation): boolean =>
      operation.kind === 'update' && operation.relation.table === 'accounts' && operation.columns.includes('id');
    const { failed, counterexample } = fc.check(
      fc.property(workloads(workRelations), (workload) => !allOperations(workload).some(isMove)),
      { seed: 1 },
    );
    expect(failed).toBe(true);
    const [workload] = counterexample ?? [];
    expect(workload && allOperations(workload).map(({ kind }) => kind)).toEqual(['insert', 'update']);
    expect(String(workload)).toContain('UPDATE "work"."accounts" SET "id" = ');
  });

  it('does only what it is asked to do', () => {
    for (const seed of seeds) {
      const workload = workloadOf(workRelations, seed, {
        kinds: ['insert', 'update'],
        rollbacks: false,
        transactions: 5,
        stepRows: 1,
      });
      expect(workload.transactions.length).toBeLessThanOrEqual(5);
      const kinds = new Set(allOperations(workload).map(({ kind }) => kind));
      expect([...kinds].filter((kind) => !['insert', 'update', 'savepoint'].includes(kind))).toEqual([]);
      expect(workload.transactions.every(({ outcome }) => outcome === 'committed')).toBe(true);
    }
  });

  const [accounts] = workRelations as readonly [Relation];
  const insertsOnly = { kinds: ['insert'], transactions: 20 } as const;

  it('takes values of columns from its user', () => {
    const mood = { name: 'mood', type: 'other', native: 'public.mood', nullable: false, generated: false } as const;
    const relation: Relation = { ...accounts, columns: [...accounts.columns, mood] };
    expect(() => workloadOf([relation], 1, insertsOnly)).toThrow(/work\.accounts\.mood.*option values/);
    const values = {
      'public.mood': () => 'happy',
      'work.accounts.email': (number: number) => `${number}@example.org`,
    };
    const rows = workloadOf([relation], 1, { ...insertsOnly, values })
      .transactions.at(-1)
      ?.tables.get('work.accounts')?.rows;
    expect(rows?.length).toBeGreaterThan(0);
    for (const row of rows ?? []) {
      expect(row.mood).toBe('happy');
      expect(row.email ?? '1@example.org').toMatch(/^\d+@example\.org$/);
    }
  });

  it('refuses unique indexes that it cannot keep', () => {
    for (const index of [
      { terms: ['lower(email)'], predicate: null, nullsEqual: false },
      { terms: ['email'], predicate: 'n > 0', nullsEqual: false },
    ])
      expect(() => workloadOf([{ ...accounts, unique: [index] }], 1)).toThrow(TypeError);
  });
});

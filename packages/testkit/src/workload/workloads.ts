import { qualifiedName, type Relation } from '@millrace/core';
import fc from 'fast-check';
import type { GivenValues } from './column-values.ts';
import { postgresStatements, postgresTables } from './postgres-statements.ts';
import { type RawTransaction, rawTransactions, type WorkloadKind, workloadKinds } from './raw-steps.ts';
import { TransactionRun } from './transaction-run.ts';
import type { Workload, WorkloadTable, WorkloadTransaction } from './workload.ts';

export interface WorkloadOptions {
  /** What happens. Default: everything, where the table allows it. */
  readonly kinds?: readonly WorkloadKind[];
  /** Whether transactions and savepoints are rolled back now and then. Default: true. */
  readonly rollbacks?: boolean;
  /** The most transactions. Default: 20. */
  readonly transactions?: number;
  /** The most rows that one step of a transaction writes. Default: 50. */
  readonly stepRows?: number;
  /**
   * Values of columns in place of the testkit's own, made from a number, in the JavaScript forms of docs/values.md; by
   * `schema.table.column` or by the database's name of the type. Columns whose `type` is `other` need it. Of columns of
   * a key or a unique index, other numbers have to give other values. The values have to be exactly what their database
   * makes of them.
   */
  readonly values?: GivenValues;
}

class GeneratedWorkload implements Workload {
  readonly relations: readonly Relation[];
  readonly transactions: readonly WorkloadTransaction[];

  constructor(relations: readonly Relation[], transactions: readonly WorkloadTransaction[]) {
    this.relations = relations;
    this.transactions = transactions;
  }

  /** How fast-check prints what has failed. */
  toString(): string {
    const statements = [...postgresTables(this.relations), ...this.transactions.flatMap(postgresStatements)];
    return statements.map((statement) => `\n  ${statement};`).join('');
  }
}

const runAll = (relations: readonly Relation[], raw: readonly RawTransaction[], values: GivenValues): Workload => {
  let tables: ReadonlyMap<string, WorkloadTable> = new Map(
    relations.map((relation) => [qualifiedName(relation), { relation, rows: [] }]),
  );
  const transactions = raw.map(({ table, steps, outcome }, index): WorkloadTransaction => {
    const run = new TransactionRun(tables, table, values);
    for (const step of steps) run.run(step);
    const operations = run.end();
    if (outcome === 'committed') tables = run.tables;
    return { index, operations, outcome, tables };
  });
  return new GeneratedWorkload(relations, transactions);
};

/**
 * Workloads over these tables, for `fc.property`: a failing one is shrunk to the fewest and simplest operations that
 * still fail, and printed as statements of PostgreSQL. Keys are small and meet often. Foreign keys are not known; columns that
 * are computed are left out. A unique
 * index over an expression or over some of the rows is a `TypeError`, as is a column of which no values are known.
 */
export const workloads = (relations: readonly Relation[], options: WorkloadOptions = {}): fc.Arbitrary<Workload> => {
  const { kinds = workloadKinds, rollbacks = true, transactions = 20, stepRows = 50, values = {} } = options;
  return rawTransactions({ kinds, transactions, stepRows, rollbacks }).map((raw) => runAll(relations, raw, values));
};

/** The workload that a seed stands for. It is the first that `fc.check` and `fc.assert` try with that seed. */
export const workloadOf = (relations: readonly Relation[], seed: number, options?: WorkloadOptions): Workload => {
  const [workload] = fc.sample(workloads(relations, options), { seed, numRuns: 1 });
  if (workload === undefined) throw new Error('A sample of one has none');
  return workload;
};

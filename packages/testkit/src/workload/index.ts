export { type BatchOptions, changeBatches, comparePositions } from './change-batches.ts';
export type { GivenValues } from './column-values.ts';
export { postgresStatements, postgresTables } from './postgres-statements.ts';
export { type WorkloadKind, workloadKinds } from './raw-steps.ts';
export type {
  Workload,
  WorkloadOperation,
  WorkloadRow,
  WorkloadTable,
  WorkloadTransaction,
} from './workload.ts';
export { type WorkloadOptions, workloadOf, workloads } from './workloads.ts';

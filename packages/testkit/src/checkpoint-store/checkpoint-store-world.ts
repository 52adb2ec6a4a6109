import type { CheckpointStore } from '@millrace/core';
import type { World } from '../conformance-suite.ts';

/** An empty storage of checkpoints. */
export interface CheckpointStoreWorld extends World {
  readonly store: CheckpointStore;
  /** The same storage as another process has it. Absent where the checkpoints end with the process. */
  readonly reopen?: () => CheckpointStore;
}

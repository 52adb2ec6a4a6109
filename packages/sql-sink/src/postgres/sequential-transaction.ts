import type * as shared from '../apply/sequential-transaction.ts';
import type { KnownFaults } from './rejected/known-faults.ts';

export interface SequentialTransaction extends shared.SequentialTransaction {
  /** What the target refuses of it. */
  readonly faults: KnownFaults;
}

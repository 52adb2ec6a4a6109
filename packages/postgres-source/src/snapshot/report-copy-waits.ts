import type { SourceContext } from '@millrace/core';
import type { RunningTransaction } from '../slot/slot-waits.ts';

/** Says for which transactions reading rows waits. */
export const reportCopyWaits =
  ({ report }: SourceContext) =>
  (transactions: readonly RunningTransaction[]): void =>
    report({
      type: 'waiting',
      code: 'COPY_WAITS_FOR_TRANSACTIONS',
      message: `Copying waits for ${transactions.length} transactions that readers do not see yet`,
      details: { transactions },
    });

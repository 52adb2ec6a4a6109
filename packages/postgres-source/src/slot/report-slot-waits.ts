import type { SourceContext } from '@millrace/core';
import type { RunningTransaction } from './slot-waits.ts';

/** Says for which transactions the making of a slot waits. */
export const reportSlotWaits =
  ({ report }: SourceContext, slot: string) =>
  (transactions: readonly RunningTransaction[]): void =>
    report({
      type: 'waiting',
      code: 'SLOT_WAITS_FOR_TRANSACTIONS',
      message: `Making slot ${slot} waits for ${transactions.length} running transactions`,
      details: { slot, transactions },
    });

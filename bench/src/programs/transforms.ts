import type { Change } from '@millrace/core';

/** By name, because a function cannot be sent to another process. */
export const transforms = {
  /** Writes one text column anew in every inserted item, and leaves the others as they came. */
  'upper-case-note': (change: Change): Change => {
    if (change.op !== 'insert' || change.table !== 'items') return change;
    return change.with({ after: { note: String(change.after.note).toUpperCase() } });
  },
} as const;

export type Transform = keyof typeof transforms;

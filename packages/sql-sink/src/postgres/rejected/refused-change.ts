import type { Change } from '@millrace/core';
import { isRowFault } from './rejected-row.ts';

/** The target has refused the row of a change. */
export class RefusedChange extends Error {
  readonly change: Change;

  constructor(change: Change, cause: unknown) {
    super(`The target refused a row of ${change.table}`, { cause });
    this.change = change;
  }
}

/** How changes are applied of which some may be at fault. */
export interface Faults {
  /** Those that are left out, by their ids. */
  readonly leftOut: ReadonlySet<string>;
  /** Makes the transaction usable again after an error. */
  readonly recover?: () => Promise<unknown>;
}

/** Rejects with `RefusedChange` where the change is at fault. */
export const blaming = async (change: Change, apply: () => Promise<void>): Promise<void> => {
  try {
    await apply();
  } catch (error) {
    throw isRowFault(error) ? new RefusedChange(change, error) : error;
  }
};

import type { ApplyContext } from './apply-sequentially.ts';
import type { Message } from './message.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import type { StagingTables } from './staging-tables.ts';

/** What the bulk path needs of its connection. */
export interface BulkContext extends ApplyContext {
  readonly message: Message;
  readonly prepared: PreparedStatements;
  /** `null`: the role may not make temporary tables. */
  readonly staging: StagingTables | null;
  /** From so many rows on a staging table is worth its price, which has to be paid at every COMMIT. */
  readonly stagedRows: number;
  /**
   * From so many rows on it is worth planning a statement for all deletes, or looking at the outcome of a COPY before the
   * COMMIT; fewer are written one by one.
   */
  readonly sharedRows: number;
}

export const applying = 'apply changes to the target';

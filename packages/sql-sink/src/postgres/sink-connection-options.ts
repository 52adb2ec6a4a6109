import type { Checkpoint, SinkContext } from '@millrace/core';
import type { Claim } from './checkpoint/checkpoint-sql.ts';
import type { ConnectionContextOptions } from './connection-context.ts';
import type { EvolveOptions } from './evolve/evolve-tables.ts';
import type { RejectedRows } from './rejected/rejected-rows.ts';
import type { Reselect } from './replay/replay.ts';
import type { SequentialTransaction } from './sequential-transaction.ts';

export interface SinkConnectionOptions extends ConnectionContextOptions, EvolveOptions {
  readonly claim: Claim;
  readonly checkpoint: Checkpoint;
  readonly reselect: Reselect | null;
  readonly compare: SinkContext['compare'];
  /** The captured tables as the source describes them. */
  readonly relations: SinkContext['relations'];
  /** The transaction that the bulk path gave up in an earlier connection. */
  readonly sequential: SequentialTransaction;
  readonly rejected: RejectedRows;
}

import type { Checkpoint, SinkContext } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import type { SequentialTransaction } from '../apply/sequential-transaction.ts';
import type { MissingColumns } from '../target/key-columns.ts';
import type { TargetNames } from '../target/target-names.ts';
import type { Claim } from './checkpoint/checkpoint-sql.ts';
import type { EvolveOptions } from './evolve/evolve-tables.ts';
import type { MysqlSinkSettings } from './mysql-sink-options.ts';
import type { Reselect } from './replay/replay.ts';
import type { ServerLimits } from './server-limits.ts';
import type { SinkLimits } from './sink-limits.ts';

export interface SinkConnectionOptions extends EvolveOptions {
  readonly session: ScriptSession;
  readonly server: ServerLimits;
  readonly claim: Claim;
  readonly checkpoint: Checkpoint;
  readonly policies: Pick<MysqlSinkSettings, 'conflict' | 'missingRow'>;
  readonly names: TargetNames;
  /** The tables that the stream writes, by their `database.table` at the target. */
  readonly captured: ReadonlySet<string>;
  readonly missingColumns?: MissingColumns | undefined;
  readonly reselect: Reselect | null;
  readonly compare: SinkContext['compare'];
  readonly limits: SinkLimits;
  /** The transaction that the bulk path gave up in an earlier connection. */
  readonly sequential: SequentialTransaction;
}

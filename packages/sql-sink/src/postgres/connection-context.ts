import type { PostgresSession } from '@millrace/postgres-client';
import { ConflictTally } from '../apply/conflict-tally.ts';
import type { TargetNames } from '../target/target-names.ts';
import type { BulkContext } from './apply/bulk-context.ts';
import { Message } from './apply/message.ts';
import { PreparedStatements } from './apply/prepared-statements.ts';
import { StagingTables } from './apply/staging-tables.ts';
import type { PostgresSinkSettings } from './postgres-sink-options.ts';
import type { SinkLimits } from './sink-limits.ts';
import { tablePlans } from './target/table-plans.ts';
import type { MissingColumns } from './target/target-problems.ts';

export interface ConnectionContextOptions {
  readonly session: PostgresSession;
  readonly policies: Pick<PostgresSinkSettings, 'conflict' | 'missingRow'>;
  readonly names: TargetNames;
  /** The tables that the stream writes, by their `schema.table` at the target. */
  readonly captured: ReadonlySet<string>;
  /** Whether the role may make temporary tables. */
  readonly mayStage: boolean;
  readonly missingColumns?: MissingColumns | undefined;
  readonly limits: SinkLimits;
}

/** What a new connection applies changes with: it has prepared and planned nothing yet. */
export const connectionContext = (options: ConnectionContextOptions): BulkContext => {
  const { session, policies, names, captured, mayStage, missingColumns, limits } = options;
  const { messageStatements, messageCharacters, messageBytes, stagedRows, sharedRows } = limits;
  return {
    session,
    policies,
    captured,
    plans: tablePlans(names, missingColumns),
    conflicts: new ConflictTally(),
    message: new Message(session, {
      statements: messageStatements,
      characters: messageCharacters,
      bytes: messageBytes,
    }),
    prepared: new PreparedStatements(limits.preparedStatements),
    staging: mayStage ? new StagingTables(limits.stagingTables) : null,
    stagedRows,
    sharedRows,
  };
};

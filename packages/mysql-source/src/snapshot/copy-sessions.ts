import { SessionPool } from '@millrace/core';
import { type ResolvedConnection, ScriptSession } from '@millrace/mysql-client';

export interface CopySessionsOptions {
  readonly connection: ResolvedConnection;
  readonly applicationName: string;
}

/** Seconds: a statement waits in vain for a lock, and is tried again with everything it belongs to. */
const lockPatience = 60;
/** Seconds for which the server waits while nobody takes rows. */
const writePatience = 3_600;

/**
 * Values come as they are stored, in the character set of their column. Long values are sorted by all of their bytes.
 * Statistics are those of now; MariaDB, whose always are, takes what MySQL is told of them for a comment.
 */
const settings = [
  'SET character_set_results = NULL',
  'SESSION max_sort_length = 8388608',
  `SESSION lock_wait_timeout = ${lockPatience}`,
  `SESSION net_write_timeout = ${writePatience} /*!80000 , SESSION information_schema_stats_expiry = 0 */`,
].join(', ');

/** Connections of their own for everything that is read beside the log. */
export type CopySessions = SessionPool<ScriptSession>;

export const copySessions = (options: CopySessionsOptions): CopySessions => {
  const doing = 'connect to read tables';
  return new SessionPool((signal, onLost) =>
    ScriptSession.open({ ...options, signal, onLost, doing, settings: [settings] }),
  );
};

import { type PostgresSession, sqlstateOf } from '@millrace/postgres-client';
import type { ControlSession } from '../control-session.ts';
import { formatLsn } from '../lsn.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { type CommandsTarget, ReplicationCommands } from './replication-commands.ts';
import { leftAt } from './timeline-history.ts';

export interface TimelineProof extends Omit<CommandsTarget, 'signal'> {
  readonly control: ControlSession;
  /** The timeline over the connection before; `null`: nothing was read yet, or nobody knows. */
  readonly before: number | null;
  readonly after: bigint;
  readonly signal: AbortSignal;
}

// The first digits of the name of a file of the log; a standby has none of its own.
const query = `SELECT CASE WHEN NOT pg_is_in_recovery()
  THEN ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int END AS timeline`;

/** Servers whose log does not lie in files may not have it: `insufficient_privilege`, `feature_not_supported`, `undefined_function`. */
const unknowable: ReadonlySet<string> = new Set(['42501', '0A000', '42883']);

const readTimeline = async (session: PostgresSession, signal: AbortSignal): Promise<number | null> => {
  try {
    const { rows } = await session.query<{ timeline: string | null }>(query, [], { signal, doing: 'look at the log' });
    const timeline = rows[0]?.timeline ?? null;
    return timeline === null ? null : Number(timeline);
  } catch (error) {
    if (unknowable.has(sqlstateOf(error) ?? '')) return null;
    throw error;
  }
};

/**
 * The timeline that is read from now on. A standby that is promoted, and a server restored from an archive, go on from where they
 * had got to, and give positions that were read before to other transactions. Rejects `SOURCE_BEHIND` where the position lies there:
 * the server has log beyond it again, and would leave out what is not the log that was read.
 */
export const proveTimeline = async ({ control, before, after, ...target }: TimelineProof): Promise<number | null> => {
  const { signal } = target;
  const now = await control.use(readTimeline, signal);
  if (before === null || now === null || before === now) return now;
  await using commands = await ReplicationCommands.open(target);
  const history = now === 1 ? '' : ((await commands.run(`TIMELINE_HISTORY ${now}`))?.content ?? '');
  const left = leftAt(history, before);
  if (left !== null && after <= left) return now;
  const where = left === null ? 'elsewhere' : `at ${formatLsn(left)}`;
  const position = formatLsn(after);
  throw sourceError(
    'SOURCE_BEHIND',
    `The stream has got to ${position} on timeline ${before}; timeline ${now} of the server branched off ${where}`,
    {
      hint: 'make source and target equal by other means, delete() the stream and start it anew',
      details: { position, timeline: before, now, left: left === null ? null : formatLsn(left) },
    },
  );
};

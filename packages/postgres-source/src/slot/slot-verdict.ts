import type { MillraceError } from '@millrace/core';
import { formatLsn } from '../lsn.ts';
import { sourceError } from '../postgres-source-errors.ts';
import type { SlotFacts } from './slot-facts.ts';

const inUse = ({ name, activePid, holder }: SlotFacts): MillraceError =>
  sourceError('SLOT_IN_USE', `Replication slot ${name} is read by another client, process ${activePid}`, {
    hint: `SELECT pg_terminate_backend(${activePid}); or another \`slot\``,
    details: { slot: name, pid: activePid, holder },
  });

const wrongKind = ({ name, type, plugin, database, here, twoPhase }: SlotFacts): string | null => {
  if (type !== 'logical') return `Replication slot ${name} is a physical one`;
  if (plugin !== 'pgoutput') return `Replication slot ${name} uses the output plugin ${plugin}, not pgoutput`;
  if (database !== here) return `Replication slot ${name} belongs to the database ${database}, not ${here}`;
  if (twoPhase)
    return `Replication slot ${name} brings transactions when they are prepared (two_phase), not when they commit`;
  return null;
};

/** Whether this source can ever read from the slot: `null`, or the error that says why not. */
export const slotKindVerdict = (slot: SlotFacts): MillraceError | null => {
  const wrong = wrongKind(slot);
  return wrong === null
    ? null
    : sourceError('SLOT_UNUSABLE', wrong, { hint: 'choose another `slot`', details: { slot: slot.name } });
};

/** What keeps it from happening again, by `invalidation_reason` (PostgreSQL manual, "pg_replication_slots"). */
const preventions: Readonly<Record<string, string>> = {
  rows_removed: 'set hot_standby_feedback = on',
  wal_level_insufficient: 'set wal_level = logical',
  idle_timeout: 'raise idle_replication_slot_timeout',
};

/** Whether the server still has what the slot stands for: `null`, or `SLOT_LOST`. */
export const slotLossVerdict = ({ name, walStatus, invalidated }: SlotFacts): MillraceError | null =>
  walStatus === 'lost' || invalidated !== null
    ? sourceError(
        'SLOT_LOST',
        `Replication slot ${name} is lost: ${invalidated?.replaceAll('_', ' ') ?? 'the server removed log it needed'}`,
        {
          hint: `${preventions[invalidated ?? ''] ?? 'raise max_slot_wal_keep_size'}; delete() the stream and start it anew: changes in between are lost`,
          details: { slot: name, walStatus, invalidated },
        },
      )
    : null;

/** Positions after the end of the log will stand for other transactions than those that were read. */
const behind = (head: bigint, after: bigint): MillraceError =>
  sourceError(
    'SOURCE_BEHIND',
    `The log of the server ends at ${formatLsn(head)}, the stream has got to ${formatLsn(after)}: the server was set back`,
    {
      hint: 'make source and target equal by other means, delete() the stream and start it anew',
      details: { head: formatLsn(head), position: formatLsn(after) },
    },
  );

/** Before its promotion a standby refuses to read the slot, and may not have it yet (PostgreSQL manual, "Logical Decoding Concepts"). */
export const notPromoted = (slot: string): MillraceError =>
  sourceError('IN_RECOVERY', `The server is a standby: slot ${slot} can be read there when it is promoted`, {
    hint: 'connect to the primary',
    details: { slot },
  });

/**
 * Whether the log can be read from exactly `after` on: `null`, or the error that says why not. Invariant 3: the server
 * itself starts at its confirmed position when that is later, and says nothing (PostgreSQL manual, "Streaming
 * Replication Protocol", START_REPLICATION); nor does it where its log ends before `after`, and then leaves out all that
 * commits until it has come there.
 */
export const slotVerdict = (name: string, slot: SlotFacts | null, after: bigint): MillraceError | null => {
  if (slot === null) {
    return sourceError('SLOT_MISSING', `Replication slot ${name} does not exist`, { details: { slot: name } });
  }
  const unusable = slotKindVerdict(slot) ?? slotLossVerdict(slot);
  if (unusable !== null) return unusable;
  if (slot.synced && slot.head === null) return notPromoted(name);
  if (slot.confirmed === null || slot.confirmed > after) {
    const confirmed = slot.confirmed === null ? null : formatLsn(slot.confirmed);
    return sourceError(
      'SLOT_AHEAD',
      `Replication slot ${name} is confirmed up to ${confirmed}, the stream has only got to ${formatLsn(after)}`,
      { details: { slot: name, confirmed, position: formatLsn(after) } },
    );
  }
  if (slot.head !== null && slot.head < after) return behind(slot.head, after);
  return slot.activePid !== null && !slot.ours ? inUse(slot) : null;
};

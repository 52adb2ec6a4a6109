import type { Position, Source } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { formatLsn, parseLsn } from '../lsn.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { readHead } from './head.ts';
import { readSlot } from './slot-facts.ts';
import { slotVerdict } from './slot-verdict.ts';

export type Start = Parameters<Source['resolve']>[0];

/**
 * Where a start that does not use the checkpoint begins: the slot's own position, the newest one, or a given one
 * between them. PostgreSQL finds no position by time.
 */
export const resolveStart = async (
  session: PostgresSession,
  name: string,
  start: Start,
  signal: AbortSignal,
): Promise<Position> => {
  const slot = await readSlot(session, name, signal);
  const head = parseLsn((await readHead(session, signal)).position);
  const at = (position: bigint): Position => {
    const verdict = slotVerdict(name, slot, position);
    if (verdict !== null && verdict.code !== 'SLOT_IN_USE') throw verdict;
    return formatLsn(position);
  };
  if (start === 'latest') return at(head);
  if (start === 'earliest') return at(slot?.confirmed ?? head);
  if ('timestamp' in start) {
    throw sourceError('START_NOT_POSSIBLE', 'A PostgreSQL log cannot be searched by time');
  }
  const position = parseLsn(start.position);
  if (position > head) {
    throw sourceError('START_NOT_POSSIBLE', `${start.position} lies after the newest position ${formatLsn(head)}`);
  }
  return at(position);
};

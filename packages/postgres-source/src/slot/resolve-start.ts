import { coreErrors, errorFactory, type Position, type StartPoint } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { formatLsn, parseLsn } from '../lsn.ts';
import { readHead } from './head.ts';
import { readSlot } from './slot-facts.ts';
import { slotVerdict } from './slot-verdict.ts';

export const startNotPossible = (message: string) => errorFactory(coreErrors)('START_NOT_POSSIBLE', message);

/**
 * Where a first start begins: the slot's own position, the newest one, or a given one between them. PostgreSQL finds no
 * position by time.
 */
export const resolveStart = async (
  session: PostgresSession,
  name: string,
  start: Exclude<StartPoint, { readonly timestamp: number }>,
  signal: AbortSignal,
): Promise<Position> => {
  const head = parseLsn((await readHead(session, signal)).position);
  const slot = await readSlot(session, name, signal);
  const at = (position: bigint): Position => {
    const verdict = slotVerdict(name, slot, position);
    if (verdict !== null && verdict.code !== 'SLOT_IN_USE') throw verdict;
    return formatLsn(position);
  };
  if (typeof start === 'string') return at(start === 'latest' ? head : (slot?.confirmed ?? head));
  const position = parseLsn(start.position);
  if (position > head)
    throw startNotPossible(`${formatLsn(position)} lies after the newest position ${formatLsn(head)}`);
  return at(position);
};

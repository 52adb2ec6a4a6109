import type { ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import { type Claim, probeClaim } from './checkpoint-sql.ts';
import { type EndingOptions, endConnections } from './former-connections.ts';
import { copyLockName, takeNamedLock } from './named-locks.ts';

/**
 * Marks a connection as the one that copies under this number, from 0 to 63, as long as it lives, and ends one that did so
 * before and was lost. Rejects `FENCED` before it ends any connection when the claim is lost, `ZOMBIE_ALIVE` when the
 * former one could neither be ended nor waited for.
 */
export const takeCopyLock = (
  session: ScriptSession,
  claim: Claim,
  number: number,
  ending: EndingOptions,
): Promise<void> => {
  const { signal } = ending;
  const take = async () => {
    const owned = await session.query(probeClaim(claim), [], { signal, doing: 'begin to copy' });
    if (owned.length === 0)
      throw sqlSinkError('FENCED', `Another process owns stream "${claim.stream}" now`, {
        details: { stream: claim.stream, sink: claim.sink },
      });
    return takeNamedLock(session, copyLockName(claim, number), signal);
  };
  return endConnections(session, take, ending);
};

import { setTimeout } from 'node:timers/promises';
import type { SinkContext } from '@millrace/core';
import { errnoOf, type ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';

export interface EndingOptions {
  /** When the wait is given up, by `performance.now()`. */
  readonly deadline: number;
  readonly report: SinkContext['report'];
  readonly signal: AbortSignal;
}

const pollInterval = 25;

/** False where the user may not. */
const kill = async (session: ScriptSession, number: string, signal: AbortSignal): Promise<boolean> => {
  try {
    await session.query(`KILL ${number}`, [], { signal, doing: 'end the connection that wrote before' });
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 1095 || errno === 1227) return false;
    if (errno === 1094) return true;
    throw error;
  }
};

const alive = (numbers: readonly string[]) =>
  sqlSinkError('ZOMBIE_ALIVE', `Connections that wrote before are still there: ${numbers.join(', ')}`, {
    hint: numbers.map((number) => `KILL ${number};`).join(' '),
    details: { connections: numbers.join(', ') },
  });

/**
 * Ends the connections that `find` gives, until it says `null`. Those that this user may not end are waited for, and
 * reported once. Rejects `ZOMBIE_ALIVE` at the deadline.
 */
export const endConnections = async (
  session: ScriptSession,
  find: () => Promise<readonly string[] | null>,
  { deadline, report, signal }: EndingOptions,
): Promise<void> => {
  const met = new Set<string>();
  for (;;) {
    const numbers = await find();
    if (numbers === null) return;
    for (const number of numbers) {
      if (met.has(number)) continue;
      met.add(number);
      if (await kill(session, number, signal)) continue;
      report({
        type: 'waiting',
        code: 'ZOMBIE_ALIVE',
        message: `Waiting for connection ${number} to end: this user may not end it`,
        details: { connection: Number(number) },
      });
    }
    if (performance.now() > deadline) throw alive(numbers);
    await setTimeout(pollInterval, undefined, { signal });
  }
};

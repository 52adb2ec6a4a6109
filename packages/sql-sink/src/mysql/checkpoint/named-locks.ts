import { createHash } from 'node:crypto';
import { quoteLiteral, type ScriptSession } from '@millrace/mysql-client';
import type { RowName } from './checkpoint-sql.ts';

/** More connections than these do not copy at once. */
const mostCopies = 64;

/**
 * By which the connection that writes is known as long as it lives. Such names are the whole server's, and have 64
 * characters at most.
 */
export const writerLockName = ({ schema, stream, sink }: RowName): string =>
  `millrace:${createHash('sha1')
    .update(JSON.stringify([schema, stream, sink]))
    .digest('hex')}`;

/** By which the connection that copies under this number, from 0 to 63, is known as long as it lives. */
export const copyLockName = (name: RowName, number: number): string => `${writerLockName(name)}:${number}`;

/** The number of the connection that has a named lock, as SQL. */
const holder = (lock: string): string => `IS_USED_LOCK(${quoteLiteral(lock)})`;

/**
 * Takes a named lock, to the end of the connection, unless somebody has it. `null`: it is taken; otherwise the number of
 * the connection that has it, none where it has just gone.
 */
export const takeNamedLock = async (
  session: ScriptSession,
  lock: string,
  signal: AbortSignal,
): Promise<readonly string[] | null> => {
  const [taken, holding] = await session.script(
    [`SELECT GET_LOCK(${quoteLiteral(lock)}, 0)`, `SELECT ${holder(lock)}`],
    { signal, doing: 'take the lock by which connections that write are known' },
  );
  if (taken?.rows[0]?.[0] === '1') return null;
  return (holding?.rows[0] ?? []).filter((number) => number !== null);
};

/** The numbers of the connections that copy; `null`: there are none. */
export const copyingConnections = async (
  session: ScriptSession,
  name: RowName,
  signal: AbortSignal,
): Promise<readonly string[] | null> => {
  const holders = Array.from({ length: mostCopies }, (_, number) => holder(copyLockName(name, number)));
  const [found] = await session.script([`SELECT ${holders.join(', ')}`], {
    signal,
    doing: 'look for connections that copy',
  });
  const numbers = (found?.rows[0] ?? []).filter((number) => number !== null);
  return numbers.length === 0 ? null : numbers;
};

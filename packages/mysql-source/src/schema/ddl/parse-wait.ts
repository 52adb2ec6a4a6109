import type { TokenReader } from './token-reader.ts';

/** Takes how long MariaDB waits for locks, if that is next. */
export const takeWait = (reader: TokenReader): boolean => {
  if (reader.take('NOWAIT')) return true;
  if (!reader.take('WAIT')) return false;
  reader.integer();
  return true;
};

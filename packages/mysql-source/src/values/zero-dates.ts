import { noValue } from '@millrace/core';
import { MalformedValue } from './malformed-value.ts';

/**
 * What becomes of dates that the calendar does not have, such as `0000-00-00` and `2020-02-31`: an error, NULL, or another
 * date, which is given as `2000-01-01`.
 */
export type ZeroDates = 'error' | 'null' | { readonly value: string };

/** Writes what stands for such a date, up to the time of day, of which nothing is left. */
export type PutZeroDate = (target: Buffer, at: number) => number;

export const putZeroDate = (policy: ZeroDates): PutZeroDate => {
  if (policy === 'null') return () => noValue.null;
  if (policy === 'error')
    return () => {
      throw new MalformedValue('it is a date that the calendar does not have; the option zeroDates says what to do');
    };
  const { value } = policy;
  return (target, at) => at + target.write(value, at, 'latin1');
};

import { parseLsn } from '../lsn.ts';

const branch = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/gm;

/**
 * Where a timeline was left, by the history of a later one; `null`: the later one does not come from it. Each line has a timeline
 * and the position at which the next one branched off (PostgreSQL manual, "Continuous Archiving and Point-in-Time Recovery", Timelines).
 */
export const leftAt = (history: string, timeline: number): bigint | null => {
  for (const [, number, position = ''] of history.matchAll(branch))
    if (Number(number) === timeline) return parseLsn(position);
  return null;
};

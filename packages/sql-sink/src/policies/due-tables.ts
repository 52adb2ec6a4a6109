import type { Checkpoint } from '@millrace/core';

/**
 * For which tables, by `schema.table` of the source, the next start will do what is done once in each snapshot. `prepared`:
 * those for which it has been done; `copies`: tables would be copied.
 */
export const dueTables = (
  { position, tables }: Pick<Checkpoint, 'position' | 'tables'>,
  prepared: ReadonlySet<string>,
  copies: boolean,
): ((name: string) => boolean) => {
  // Where there is a position, and copies are to come, everything is forgotten first.
  if (copies) return (name) => position !== null || !prepared.has(name);
  return (name) => tables[name]?.state === 'pending' && !prepared.has(name);
};

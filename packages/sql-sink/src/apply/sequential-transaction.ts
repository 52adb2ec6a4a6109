/** Remembers, over connections, which transaction has to be applied one change at a time. */
export interface SequentialTransaction {
  id: string | null;
}

/** A table that is copied in one transaction is copied in another one after a failure. */
export const nameOf = (id: string): string => id.replace(/@[^@]*$/, '');

import { randomBytes } from 'node:crypto';

/**
 * A name that no other test, process or earlier run uses on the same server: `slot_3f9a0c1d5e72`.
 * Lower case, digits and underscores, so it needs no quoting as a database, slot or publication.
 */
export const uniqueName = (prefix: string): string => `${prefix}_${randomBytes(6).toString('hex')}`;

import { createHash } from 'node:crypto';

const maxNameBytes = 63;

/**
 * `millrace_<stream id>` as a name for slot and publication. Slot names may hold lower-case letters, digits and
 * underscores only (PostgreSQL manual, "Querying and Manipulating Replication Slots"), so an id that is changed or cut
 * by that gets a hash of the original: two streams never share a slot.
 */
export const defaultName = (streamId: string): string => {
  const safe = streamId.toLowerCase().replace(/[^a-z0-9_]/g, '_');
  const name = `millrace_${safe}`;
  return safe === streamId && name.length <= maxNameBytes ? name : withHash(name, streamId);
};

/** `<slot>_side_<name>`: the slot of a side stream. */
export const sideName = (slot: string, side: string): string => {
  const name = `${slot}_side_${side}`;
  return name.length <= maxNameBytes ? name : withHash(name, name);
};

const withHash = (name: string, whole: string): string => {
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${name.slice(0, maxNameBytes - hash.length - 1)}_${hash}`;
};

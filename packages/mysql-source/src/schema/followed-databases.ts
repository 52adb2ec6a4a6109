import type { SelectedTable } from '@millrace/core';

/**
 * Databases by their names, and what `database.` may begin with, with an asterisk behind it. It is saved: what a history
 * does not follow from its beginning it does not know later.
 */
export type FollowedDatabases = readonly string[];

const ofTheServer = new Set(['mysql', 'information_schema', 'performance_schema', 'sys']);

/** The databases that may hold captured tables; with no names, that of the connection, or all. */
export const followedDatabases = (tables: readonly SelectedTable[], database: string | null): FollowedDatabases => {
  if (tables.length === 0) return [database ?? '*'];
  // Names may hold dots themselves.
  const followed = tables.flatMap(({ name }) => {
    const literal = name.replace(/\*.*$/s, '');
    const databases = [...literal.matchAll(/\./g)].map(({ index }) => literal.slice(0, index));
    return literal === name ? databases : [...databases, `${literal}*`];
  });
  return [...new Set(followed)].sort();
};

/** Whether a database is one of them, in whatever case it is written; never one of the server's own. */
export const isFollowed = (followed: FollowedDatabases, database: string): boolean => {
  const written = database.toLowerCase();
  return (
    !ofTheServer.has(written) &&
    followed
      .map((name) => name.toLowerCase())
      .some((name) => (name.endsWith('*') ? `${written}.`.startsWith(name.slice(0, -1)) : name === written))
  );
};

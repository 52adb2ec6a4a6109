/**
 * What is done about rows that the target holds when the copy of a table begins. `fail-if-not-empty`: the start is refused;
 * `truncate-and-load`: they are removed.
 */
export type ExistingRows = 'fail-if-not-empty' | 'truncate-and-load';

export const existingRowsWays: readonly ExistingRows[] = ['fail-if-not-empty', 'truncate-and-load'];

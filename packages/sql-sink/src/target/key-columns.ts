import type { Column, Relation, SinkContext } from '@millrace/core';

/**
 * What is made of columns that the target does not have. `outdated`: the target may have another shape, because its rows were
 * copied later than the relation was in force.
 */
export type MissingColumns = NonNullable<SinkContext['missingColumns']> | 'outdated';

/** The columns by which the log identifies rows; `null` without a key. */
export const keyColumns = (relation: Relation): readonly Column[] | null =>
  relation.key?.flatMap((index) => relation.columns[index] ?? []) ?? null;

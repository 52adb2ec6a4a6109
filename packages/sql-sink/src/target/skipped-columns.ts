import { qualifiedName, type Relation, type SinkContext } from '@millrace/core';

/** Reports the columns that tables were made without. */
export const reportSkippedColumns = (relations: readonly Relation[], report: SinkContext['report']): void => {
  for (const relation of relations)
    for (const { name, generated } of relation.columns) {
      if (!generated) continue;
      const table = qualifiedName(relation);
      report({
        type: 'warning',
        code: 'GENERATED_COLUMN_SKIPPED',
        message: `${table} was created without column "${name}": the source computes it, and its log does not say how`,
        details: { table, column: name },
      });
    }
};

import { qualifiedName } from '@millrace/core';
import type { WantedTable } from './wanted-table.ts';

/** Why a policy refuses a table of the target, or cannot be followed. */
export interface PolicyProblem {
  readonly code:
    | 'TARGET_TABLE_MISSING'
    | 'TARGET_TABLE_EXISTS'
    | 'TARGET_TABLE_UNSUITABLE'
    | 'TARGET_TABLE_HAS_DEPENDENTS'
    | 'PERMISSION_DENIED';
  readonly table: string;
  readonly path: 'sink.schemaPolicy' | 'sink.existingRows';
  readonly message: string;
  readonly fix: string | null;
}

/** What the schema policy refuses of a table because it exists, or does not. `create` and `drop`: the statements that help. */
export const existenceProblems = (
  { relation, schemaPolicy, isDue }: WantedTable,
  exists: boolean,
  { create, drop }: { readonly create: () => string; readonly drop: () => string },
): readonly PolicyProblem[] => {
  const table = qualifiedName(relation);
  const path = 'sink.schemaPolicy';
  if (schemaPolicy === 'validate-existing' && !exists) {
    const message = `Target table ${table} does not exist, and schemaPolicy is "validate-existing"`;
    return [{ code: 'TARGET_TABLE_MISSING', table, path, message, fix: `${create()};` }];
  }
  if (schemaPolicy === 'fail-if-exists' && isDue && exists) {
    const message = `Target table ${table} exists, and schemaPolicy is "fail-if-exists"`;
    return [{ code: 'TARGET_TABLE_EXISTS', table, path, message, fix: `${drop()};` }];
  }
  return [];
};

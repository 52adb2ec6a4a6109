import { type ErrorTable, errorFactory, qualifiedName } from '@millrace/core';

/** Errors of reading tables beside the log. */
export const copyErrors = {
  COPY_OUTDATED: {
    recovery: 'retry',
    meaning: 'A table is not what it was when its copy began; the copy starts over.',
  },
} as const satisfies ErrorTable;

export const copyError = errorFactory(copyErrors);

export const outdated = (table: { readonly schema: string; readonly table: string }): Error =>
  copyError('COPY_OUTDATED', `${qualifiedName(table)} is not what it was when its copy began`, {
    details: { table: qualifiedName(table) },
  });

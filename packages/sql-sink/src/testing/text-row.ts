import { decodedRow, type Relation, type RowImage } from '@millrace/core';

/** A row whose values are given as their exact text. */
export const textRow = (relation: Relation, values: Readonly<Record<string, string | null>>): RowImage =>
  decodedRow({ ...relation, columns: relation.columns.map((column) => ({ ...column, type: 'text' })) }, { ...values });

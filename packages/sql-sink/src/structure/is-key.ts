import type { Relation } from '@millrace/core';
import { keyColumns } from '../target/key-columns.ts';

/** Whether these are the columns of a target table's own key. */
export const isKey = (relation: Relation, columns: readonly string[] | null): boolean => {
  const key = keyColumns(relation)?.map(({ name }) => name) ?? [];
  return columns !== null && columns.length === key.length && columns.every((name) => key.includes(name));
};

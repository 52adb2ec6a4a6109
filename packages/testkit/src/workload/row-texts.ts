import { decodedRow, type Relation } from '@millrace/core';
import type { WorkloadRow } from './workload.ts';

/** The exact texts of a row's values, by column, as SQL sinks write them; `null`: NULL. */
export const rowTexts = (relation: Relation, row: WorkloadRow): ReadonlyMap<string, string | null> => {
  const image = decodedRow(relation, row);
  return new Map(relation.columns.flatMap(({ name }, at) => (name in row ? [[name, image.text(at)]] : [])));
};

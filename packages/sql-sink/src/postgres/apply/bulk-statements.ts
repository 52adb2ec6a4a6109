import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import type { RowStatement } from './expected-rows.ts';
import { revivingClause } from './soft-deletes.ts';

export type CopyFormat = 'text' | 'binary';

const list = (columns: readonly PlannedColumn[]): string => columns.map(({ quoted }) => quoted).join(', ');

/** Takes rows with values for these columns; an identity that is GENERATED ALWAYS takes them too. */
export const copyStatement = (into: string, columns: readonly PlannedColumn[], format: CopyFormat): string =>
  `COPY ${into} (${list(columns)}) FROM STDIN${format === 'binary' ? ' (FORMAT binary)' : ''}`;

/** A table of this session for rows on their way to another; empty at the begin of every transaction. */
export const createStagingTable = (name: string, columns: readonly PlannedColumn[]): string =>
  `CREATE TEMPORARY TABLE ${name} (${columns.map(({ quoted, fullType }) => `${quoted} ${fullType}`).join(', ')}) ON COMMIT DELETE ROWS`;

const sameKey = ({ key }: TablePlan): string =>
  (key ?? []).map(({ quoted }) => `t.${quoted} = s.${quoted}`).join(' AND ');

/** Updates the rows with the keys of the staging table to its values. */
export const updateFromStaging = (plan: TablePlan, set: readonly PlannedColumn[], staging: string): RowStatement => ({
  ctes: [],
  statement: `UPDATE ${plan.from} AS t SET ${set.map(({ quoted }) => `${quoted} = s.${quoted}`).join(', ')} FROM ${staging} AS s WHERE ${sameKey(plan)}`,
});

/** Inserts the rows of the staging table; those that are there and marked as deleted are overwritten. */
export const insertFromStaging = (plan: TablePlan, staging: string): RowStatement => {
  const { into, written } = plan;
  const overriding = written.some(({ always }) => always) ? ' OVERRIDING SYSTEM VALUE' : '';
  return {
    ctes: [],
    statement: `INSERT INTO ${into} AS t (${list(written)})${overriding} SELECT ${list(written)} FROM ${staging} ${revivingClause(plan, written)}`,
  };
};

/** Deletes the rows with the keys of the staging table. */
export const deleteByStaging = (plan: TablePlan, staging: string): RowStatement => ({
  ctes: [],
  statement: `DELETE FROM ${plan.from} AS t USING ${staging} AS s WHERE ${sameKey(plan)}`,
});

/** Deletes the rows whose key of one column is in an array, given as a constant. */
export const deleteByArray = (plan: TablePlan, { quoted, type }: PlannedColumn, keys: string): RowStatement => ({
  ctes: [],
  statement: `DELETE FROM ${plan.from} WHERE ${quoted} = ANY (CAST(${keys} AS ${type}[]))`,
});

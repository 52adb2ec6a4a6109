import { createStagingTable } from '../apply/bulk-statements.ts';
import { insertInto, isReplacedWhole, onKeyConflict, sameKey } from '../replay/displacing-statements.ts';
import { holdsStagedValues, type SecondaryKey, stagedTerm } from '../target/secondary-keys.ts';
import type { TablePlan } from '../target/table-plan.ts';

const staging = 'pg_temp.millrace_chunk';

/** A table for the rows of one chunk, gone with its transaction. */
export const chunkStaging = ({ written }: TablePlan): { readonly into: string; readonly create: string } => ({
  into: staging,
  create: createStagingTable(staging, written).replace(/DELETE ROWS$/, 'DROP'),
});

const displaced = (plan: TablePlan, secondary: SecondaryKey): string => {
  const key = (plan.key ?? []).map(({ quoted }) => quoted);
  const terms = secondary.terms.map(({ sql }, at) => `${sql} AS ${stagedTerm(at)}`);
  const only = secondary.predicate === null ? '' : ` WHERE (${secondary.predicate})`;
  // The names of its columns must not be those of the table: the terms do not qualify theirs.
  const keys = key.map((quoted, at) => `${quoted} AS ${stagedKey(at)}`);
  const same = (plan.key ?? []).map(({ quoted, equals }, at) => `t.${quoted} ${equals} s.${stagedKey(at)}`);
  return `DELETE FROM ${plan.from} AS t USING (SELECT ${[...terms, ...keys].join(', ')} FROM ${staging}${only}) AS s
WHERE ${holdsStagedValues(secondary, 's')} AND (${same.join(' AND ')}) IS NOT TRUE`;
};

const stagedKey = (at: number): string => `"millrace: key ${at}"`;

/**
 * Moves the rows of the staging table to the target: rows of other keys that hold a value which can only be held once
 * give way, rows with the same key are overwritten. The last statement tells how many were written.
 */
export const moveStagedChunk = (plan: TablePlan, secondary: readonly SecondaryKey[]): readonly string[] => {
  const { written, from } = plan;
  const list = written.map(({ quoted }) => quoted).join(', ');
  const replaced = `DELETE FROM ${from} AS t USING ${staging} AS s WHERE ${sameKey(plan, 's')}`;
  return [
    ...secondary.map((one) => displaced(plan, one)),
    ...(isReplacedWhole(plan) ? [replaced] : []),
    `${insertInto(plan, written)} SELECT ${list} FROM ${staging} ${onKeyConflict(plan, written)}`,
  ];
};

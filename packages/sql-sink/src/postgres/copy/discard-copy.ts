import { qualifiedName, type Relation } from '@millrace/core';
import { quoteQualified } from '@millrace/postgres-client';
import { begunAnew } from '../../copy/begun-anew.ts';
import { sqlSinkError } from '../../error-table.ts';
import type { BulkContext } from '../apply/bulk-context.ts';
import type { Claim } from '../checkpoint/checkpoint-sql.ts';
import { removeProgress } from '../checkpoint/copy-range-sql.ts';
import { readTargetTables } from '../target/read-target-tables.ts';
import type { TargetTable } from '../target/target-table.ts';
import type { TargetTransaction } from '../target-transaction.ts';

/** Whether the table still fits does not matter: it may be about to be dropped. */
const deleteAll = ({ schema, table, kind }: TargetTable): string => {
  if (kind !== 'r' && kind !== 'p')
    throw sqlSinkError('TARGET_TABLE_UNSUITABLE', `Target ${schema}.${table} is not a table`, {
      details: { table: `${schema}.${table}` },
    });
  return `DELETE FROM ${kind === 'p' ? '' : 'ONLY '}${quoteQualified(schema, table)}`;
};

/**
 * Removes the rows of a table and the progress of its copy, also from the checkpoint, in one transaction: a copy never
 * goes on where one that was given up has been.
 *
 * That rows will be copied once more does not spare removing them. What rewrote the table may have changed values without a
 * word in the log, or have taken rows away with the table or a partition; and a row that moves past the next copy is set in
 * part where it is there, and read again only where it is not. `named`: the table under the name it has at the target.
 */
export const discardCopy = async (
  transaction: TargetTransaction,
  { session, message }: BulkContext,
  claim: Claim,
  { relation, named }: { readonly relation: Relation; readonly named: Relation },
  signal: AbortSignal,
): Promise<void> => {
  const table = qualifiedName(relation);
  const target = (await readTargetTables(session, [named], signal)).get(qualifiedName(named));
  transaction.begin();
  if (target !== undefined) message.add(deleteAll(target));
  message.add(removeProgress(claim, [table]));
  await transaction.commitApplied(begunAnew(transaction.saved, table), signal);
};

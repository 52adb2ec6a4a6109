import { qualifiedName, type Relation } from '@millrace/core';
import { quoteQualified } from '@millrace/mysql-client';
import { begunAnew } from '../../copy/begun-anew.ts';
import type { BulkContext } from '../apply/bulk-context.ts';
import type { Claim } from '../checkpoint/checkpoint-sql.ts';
import { removeProgress } from '../checkpoint/copy-range-sql.ts';
import { readTargetTables } from '../target/read-target-tables.ts';
import type { TargetTransaction } from '../target-transaction.ts';

/**
 * Removes the rows of a table and the progress of its copy, also from the checkpoint, in one transaction: a copy never
 * goes on where one that was given up has been. Whether the table still fits does not matter: it may be about to be dropped.
 * `named`: the table under the name it has at the target.
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
  if (target !== undefined) message.add(`DELETE FROM ${quoteQualified(named.schema, named.table)}`);
  message.add(removeProgress(claim, [table]));
  await transaction.commitApplied(begunAnew(transaction.saved, table), signal);
};

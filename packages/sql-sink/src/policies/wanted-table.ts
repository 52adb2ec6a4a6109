import { qualifiedName, type Relation } from '@millrace/core';
import type { TargetNames } from '../target/target-names.ts';
import { policiesOf, type TablePolicies, type TargetPolicies } from './target-policies.ts';

/** A captured table, and what is to be done with it at the target. */
export interface WantedTable extends Required<TablePolicies> {
  /** `schema.table` of the source. */
  readonly name: string;
  readonly source: Relation;
  /** As it is to be at the target. */
  readonly relation: Relation;
  /** Its copy is about to begin, and what is done once in each snapshot has not been done. */
  readonly isDue: boolean;
}

/** Whether the policies of a table ask for something that may be done only once: a copy would not survive it. */
const actsOnce = ({ schemaPolicy, existingRows }: Required<TablePolicies>): boolean =>
  schemaPolicy === 'fail-if-exists' || schemaPolicy === 'drop-and-recreate' || existingRows === 'truncate-and-load';

export const wantedTable = (
  policies: TargetPolicies,
  names: TargetNames,
  relation: Relation,
  isDue: (name: string) => boolean,
): WantedTable => {
  const own = policiesOf(policies, relation);
  const name = qualifiedName(relation);
  return { ...own, name, source: relation, relation: names.of(relation), isDue: actsOnce(own) && isDue(name) };
};

import { qualifiedName, type Relation } from '@millrace/core';
import { isName } from '../../target/target-names-problems.ts';

/** One that the server would cut off without an error. */
export interface LongName {
  readonly message: string;
  readonly fix: string;
}

/** Of the names that a table and its columns would get at the target. */
export const longName = (relation: Relation, names: readonly string[]): LongName | undefined => {
  const name = names.find((each) => !isName(each));
  if (name === undefined) return undefined;
  return {
    message: `"${name}" of ${qualifiedName(relation)} cannot be made: names have 63 bytes at most at the target`,
    fix: 'Give it a shorter name in the option tables of the sink.',
  };
};

/** Of the names that a table would be made with. */
export const longNameOf = (relation: Relation): LongName | undefined => {
  const columns = relation.columns.filter(({ generated }) => !generated);
  return longName(relation, [relation.schema, relation.table, ...columns.map(({ name }) => name)]);
};

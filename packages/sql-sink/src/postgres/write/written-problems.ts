import { type Column, qualifiedName } from '@millrace/core';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '@millrace/postgres-client';
import type { TargetProblem } from '../target/target-problems.ts';
import type { TargetTable } from '../target/target-table.ts';
import { deletedAt, type WrittenRelation } from './written-relation.ts';

/** Types whose values the server never keeps outside of their row. */
const keptInRow =
  /^(smallint|integer|bigint|real|double precision|boolean|uuid|date|interval|money|oid|(timestamp|time)(\(\d+\))? with(out)? time zone)$/;

const mayBeLeftOut = ({ native, generated }: Column): boolean => !generated && !keptInRow.test(native);

const repeated = ({ columns }: WrittenRelation): string | undefined =>
  columns.map(({ name }) => name).find((name, at, names) => names.indexOf(name) !== at);

/** The unique indexes, as lists of names, under which rows of this form collide that the source holds. */
const colliding = ({ form, key, columns }: WrittenRelation, target: TargetTable): readonly (readonly string[])[] => {
  const indexes = target.uniqueIndexes.map((index) => index.map(({ name }) => name));
  const harmless =
    form === 'soft-delete' ? (key ?? []).map((at) => columns[at]?.name ?? '') : ['_position', '_sequence'];
  return indexes.filter((index) => form === 'append' || !harmless.every((name) => index.includes(name)));
};

/** What is wrong with a relation itself, whether its target table exists or not. */
export const formProblems = (relation: WrittenRelation): readonly TargetProblem[] => {
  const { form } = relation;
  const table = qualifiedName(relation);
  const problem = (message: string, fix: string): TargetProblem => ({
    code: 'WRITE_MODE_UNSUITABLE',
    level: 'error',
    message,
    fix,
  });
  const name = form === undefined ? undefined : repeated(relation);
  if (name !== undefined)
    return [
      problem(
        `${table} has a column "${name}" of its own, which ${form} needs`,
        `Rename the column, or write ${table} with another writeMode.`,
      ),
    ];
  if (form !== 'soft-delete' || relation.key !== null) return [];
  return [
    problem(
      `Nothing tells the rows of ${table} apart: a deleted one cannot be marked`,
      `ALTER TABLE ${quoteQualified(relation.schema, relation.table)} ADD PRIMARY KEY (…); at the source, or tables: { '${table}': { deletes: 'delete' } }`,
    ),
  ];
};

/** What does not fit between an existing target table and the form in which its rows are written. */
export const writtenProblems = (relation: WrittenRelation, target: TargetTable): readonly TargetProblem[] => {
  const { form, columns } = relation;
  if (form === undefined) return [];
  const table = qualifiedName(relation);
  const quoted = quoteQualified(relation.schema, relation.table);
  const problems: TargetProblem[] = [...formProblems(relation)];
  for (const index of colliding(relation, target)) {
    const list = index.map(quoteIdentifier).join(', ');
    problems.push({
      code: 'TARGET_INDEX_STRICTER',
      level: 'error',
      message: `Target table ${table} has a unique index over (${list}): it would refuse rows that are to be written there`,
      fix:
        form === 'soft-delete'
          ? `CREATE UNIQUE INDEX ON ${quoted} (${list}) WHERE ${quoteIdentifier(deletedAt)} IS NULL; -- then drop the one over all rows`
          : `SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index WHERE indrelid = ${quoteLiteral(quoted)}::regclass AND indisunique; -- run what it says, or drop the constraint of that name`,
    });
  }
  if (form === 'changelog') {
    const sent = new Set(columns.filter(({ nullable }) => nullable !== false).map(({ name }) => name));
    for (const { name, notNull } of target.columns)
      if (notNull && sent.has(name))
        problems.push({
          code: 'SCHEMA_MISMATCH',
          level: 'error',
          message: `Column "${name}" of target table ${table} is NOT NULL, and not every change says it`,
          fix: `ALTER TABLE ${quoted} ALTER COLUMN ${quoteIdentifier(name)} DROP NOT NULL;`,
        });
  }
  return problems;
};

/** Updates of a table that is appended to may not say all of a row. `relation`: as the source describes it. */
export const incompleteRows = (
  relation: Pick<WrittenRelation, 'schema' | 'table' | 'columns' | 'identity'>,
): TargetProblem | null => {
  const columns = relation.columns.filter(mayBeLeftOut).map(({ name }) => `"${name}"`);
  if (relation.identity === 'full' || relation.identity === 'none' || columns.length === 0) return null;
  return {
    code: 'ROW_INCOMPLETE',
    level: 'warning',
    message: `An update of ${qualifiedName(relation)} that leaves a large value of ${columns.join(', ')} as it is does not say it: such a row cannot be appended`,
    fix: `ALTER TABLE ${quoteQualified(relation.schema, relation.table)} REPLICA IDENTITY FULL; at the source`,
  };
};

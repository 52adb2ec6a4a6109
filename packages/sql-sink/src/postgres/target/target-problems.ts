import { type Column, qualifiedName } from '@millrace/core';
import { quoteIdentifier, quoteQualified } from '@millrace/postgres-client';
import { keyColumns, type MissingColumns } from '../../target/key-columns.ts';
import { writtenProblems } from '../write/written-problems.ts';
import { isOwn, type WrittenRelation } from '../write/written-relation.ts';
import type { IndexColumn, TargetColumn, TargetTable } from './target-table.ts';
import { losesSilently } from './type-loss.ts';

export { keyColumns, type MissingColumns };

/** One thing about an existing target table that does not fit its relation. */
export interface TargetProblem {
  readonly code:
    | 'SCHEMA_MISMATCH'
    | 'TARGET_TABLE_UNSUITABLE'
    | 'TARGET_KEY_MISSING'
    | 'COLUMN_LEFT_OUT'
    | 'TARGET_INDEX_STRICTER'
    | 'WRITE_MODE_UNSUITABLE'
    | 'ROW_INCOMPLETE'
    | 'TYPE_DIFFERS'
    | 'GENERATED_COLUMN_SKIPPED'
    | 'TARGET_COLUMN_GENERATED';
  /** `error`: changes of the relation cannot be written; `warning`: they can, with a surprise. */
  readonly level: 'error' | 'warning';
  readonly message: string;
  readonly fix: string | null;
}

/** The unique index over exactly these columns, in whatever order it has them. */
export const indexOver = (target: TargetTable, key: readonly Column[]): readonly IndexColumn[] | null =>
  target.uniqueIndexes.find(
    (index) => index.length === key.length && key.every(({ name }) => index.some((column) => column.name === name)),
  ) ?? null;

const error = (code: TargetProblem['code'], message: string, fix: string | null): TargetProblem => ({
  code,
  level: 'error',
  message,
  fix,
});
const warning = (code: TargetProblem['code'], message: string, fix: string | null = null): TargetProblem => ({
  code,
  level: 'warning',
  message,
  fix,
});

const missingColumn = (name: string, alter: string, column: Column, missing: MissingColumns): TargetProblem => {
  const message = `Target table ${name} has no column "${column.name}"`;
  const fix = `${alter} ADD COLUMN ${quoteIdentifier(column.name)} ${column.native};`;
  return missing === 'error'
    ? error('SCHEMA_MISMATCH', message, fix)
    : warning('COLUMN_LEFT_OUT', `${message}: what the source sends for it is not written`, fix);
};

const holdsText = (type: string, length: number): boolean => {
  const [, limit] = /^(?:text|character varying(?:\((\d+)\))?)$/.exec(type) ?? [null, '0'];
  return limit === undefined || Number(limit) >= length;
};

const columnProblems = (
  name: string,
  alter: string,
  column: Column,
  there: TargetColumn,
  missing: MissingColumns,
): TargetProblem[] => {
  const of = `Column "${column.name}" of target table ${name}`;
  if (column.generated)
    return there.generated
      ? []
      : [warning('GENERATED_COLUMN_SKIPPED', `${of} is computed at the source and not sent: it is never written`)];
  if (there.generated)
    return [warning('TARGET_COLUMN_GENERATED', `${of} is computed there: what the source sends for it is not written`)];
  const alterType = `${alter} ALTER COLUMN ${quoteIdentifier(column.name)} TYPE ${column.native};`;
  if (column.textLength !== undefined && !holdsText(there.type, column.textLength))
    return [
      error(
        'SCHEMA_MISMATCH',
        `${of} is ${there.type}: its masked values are texts of ${column.textLength} characters`,
        alterType,
      ),
    ];
  if (there.type === column.native) return [];
  const differs = `${of} is ${there.type}, the source has ${column.native}`;
  return missing !== 'outdated' && losesSilently(column.native, there.type)
    ? [error('SCHEMA_MISMATCH', `${differs}: values would be rounded`, alterType)]
    : [warning('TYPE_DIFFERS', differs)];
};

/** Everything about a target table that does not fit its relation. */
export const targetProblems = (
  relation: WrittenRelation,
  target: TargetTable,
  missing: MissingColumns,
): readonly TargetProblem[] => {
  const name = qualifiedName(relation);
  const quoted = quoteQualified(relation.schema, relation.table);
  const alter = `ALTER TABLE ${quoted}`;
  if (target.kind !== 'r' && target.kind !== 'p')
    return [error('TARGET_TABLE_UNSUITABLE', `Target ${name} is not a table`, null)];
  const problems: TargetProblem[] = [];
  const there = new Map(target.columns.map((column) => [column.name, column]));
  const sent = new Set(relation.columns.filter(({ generated }) => !generated).map((column) => column.name));
  for (const column of relation.columns) {
    const found = there.get(column.name);
    if (found !== undefined) problems.push(...columnProblems(name, alter, column, found, missing));
    else if (!column.generated)
      problems.push(missingColumn(name, alter, column, isOwn(relation, column) ? 'error' : missing));
  }
  for (const { name: extra, notNull, default: value, identity, generated } of target.columns)
    if (missing !== 'outdated' && notNull && value === null && identity === '' && !generated && !sent.has(extra))
      problems.push(
        error(
          'SCHEMA_MISMATCH',
          `Column "${extra}" of target table ${name} is NOT NULL without a default, and the source does not send it`,
          `${alter} ALTER COLUMN ${quoteIdentifier(extra)} DROP NOT NULL;`,
        ),
      );
  const key = keyColumns(relation);
  if (key !== null && indexOver(target, key) === null) {
    const columns = key.map((column) => quoteIdentifier(column.name)).join(', ');
    problems.push(
      error(
        'TARGET_KEY_MISSING',
        `Target table ${name} has no immediate unique index over (${columns}), by which the log identifies its rows`,
        `CREATE UNIQUE INDEX ON ${quoted} (${columns});`,
      ),
    );
  }
  return [...problems, ...writtenProblems(relation, target)];
};

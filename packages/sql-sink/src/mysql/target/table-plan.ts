import { type Column, qualifiedName, type Relation } from '@millrace/core';
import { mysqlErrorOf, quoteIdentifier, quoteQualified, type ServerVersion } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import { keyColumns, type MissingColumns } from '../../target/key-columns.ts';
import type { WrittenColumn, WrittenPlan } from '../../target/written-plan.ts';
import { type ValueForm, valueForm } from '../values/value-form.ts';
import { isExactCollation } from './collation.ts';
import { indexOver, type TargetError, targetProblems } from './target-problems.ts';
import type { TargetColumn, TargetTable, UniqueIndex } from './target-table.ts';

/** A column of a relation that its target table has. */
export interface PlannedColumn extends WrittenColumn {
  /** The name as SQL. */
  readonly quoted: string;
  readonly form: ValueForm;
  /** The target's whole type. */
  readonly type: string;
  readonly nullable: boolean;
}

/** How changes of one relation reach its target table. */
export interface TablePlan extends WrittenPlan<PlannedColumn> {
  readonly target: TargetTable;
  /** The table as SQL. */
  readonly name: string;
  /** The unique indexes under which rows with different keys may collide. */
  readonly secondary: readonly UniqueIndex[];
  /** The target numbers rows by itself, and uses up a number for an INSERT that becomes an update, too. */
  readonly numbered: boolean;
  /** A trigger of the target may do something else than a statement says. */
  readonly interferes: boolean;
}

const kinds: readonly RegExp[] = [
  /^(?:tiny|small|medium|big)?int$/,
  /^date$/,
  /^(?:datetime|timestamp)$/,
  /^(?:(?:var)?binary|(?:tiny|medium|long)?blob)$/,
  /^(?:(?:var)?char|(?:tiny|medium|long)?text)$/,
];

/** What the values of a column are to the target when their texts are equal exactly when they are. */
const targetKinds: Partial<Readonly<Record<Column['type'], number>>> = {
  smallint: 0,
  int: 0,
  bigint: 0,
  date: 1,
  timestamp: 2,
  timestamptz: 2,
  bytes: 3,
  text: 4,
};

/** Whether keys are equal at the source and at the target exactly when their texts are. */
const isFoldable = ({ type }: Column, { dataType, collation }: TargetColumn): boolean => {
  if (type === 'uuid') return dataType === 'uuid' || dataType === 'char';
  const kind = targetKinds[type];
  return kind !== undefined && kinds[kind]?.test(dataType) === true && isExactCollation(collation);
};

const failure = ({ code, message, fix }: TargetError, relation: Relation) => {
  const rest = { hint: fix ?? undefined, details: { table: qualifiedName(relation) } };
  return code === 'SCHEMA_MISMATCH' ? mysqlErrorOf(code, message, rest) : sqlSinkError(code, message, rest);
};

/**
 * Plans how changes of a relation, named and typed as at the target, are written. Throws `SCHEMA_MISMATCH`, `KEY_COLLATION`,
 * `TARGET_KEY_MISSING`, `TARGET_TABLE_MISSING` or `TARGET_TABLE_UNSUITABLE` where the target does not fit.
 */
export const planTable = (
  id: number,
  relation: Relation,
  target: TargetTable | undefined,
  missing: MissingColumns,
  source: Relation,
  server: ServerVersion,
): TablePlan => {
  if (target === undefined)
    throw sqlSinkError('TARGET_TABLE_MISSING', `Target table ${qualifiedName(relation)} does not exist`, {
      details: { table: qualifiedName(relation) },
    });
  const problem = targetProblems(relation, target, missing, source, server).find(({ level }) => level === 'error');
  if (problem?.level === 'error') throw failure(problem, relation);
  const there = new Map(target.columns.map((column) => [column.name, column]));
  const columns = relation.columns.flatMap((column, index): PlannedColumn[] => {
    const found = there.get(column.name);
    if (found === undefined) return [];
    const { name, type, nullable } = found;
    const written = !column.generated && !found.generated;
    const form = valueForm(column, found);
    return [{ index, name, quoted: quoteIdentifier(name), type, nullable, form, written, always: false }];
  });
  const keyed = keyColumns(relation);
  const key = relation.key?.flatMap((at) => columns.find(({ index }) => index === at) ?? []) ?? null;
  const own = keyed === null ? null : indexOver(target, keyed);
  const names = keyed?.map(({ name }) => name) ?? null;
  const written = columns.filter((column) => column.written);
  const surrogate = target.columns.find(
    ({ name, autoIncrement }) => autoIncrement && written.every((column) => column.name !== name),
  );
  const isSecondary = (index: UniqueIndex) =>
    index !== own &&
    (names === null || !names.every((name) => index.columns?.includes(name))) &&
    // The target gives no two rows one number.
    !index.columns?.some((name) => name === surrogate?.name);
  return {
    id,
    relation,
    source,
    target,
    name: quoteQualified(target.database, target.table),
    columns,
    written,
    key,
    secondary: target.uniqueIndexes.filter(isSecondary),
    numbered: surrogate !== undefined,
    interferes: target.triggers.length > 0,
    foldable:
      keyed?.every((column) => {
        const found = there.get(column.name);
        return found !== undefined && isFoldable(column, found);
      }) ?? false,
    // Text may hold every character.
    checkText: (text) => text,
  };
};

import { qualifiedName, type Relation } from '@millrace/core';
import { postgresErrorOf, quoteIdentifier, quoteQualified } from '@millrace/postgres-client';
import { sqlSinkError } from '../../error-table.ts';
import type { WrittenColumn, WrittenPlan } from '../../target/written-plan.ts';
import { checkText } from '../apply/literal.ts';
import type { CopyProof } from '../apply/message.ts';
import { deletedAt, type WrittenRelation } from '../write/written-relation.ts';
import { indexOver, keyColumns, type MissingColumns, type TargetProblem, targetProblems } from './target-problems.ts';
import type { TargetTable } from './target-table.ts';

/** A column of a relation that its target table has. */
export interface PlannedColumn extends WrittenColumn {
  /** The name as SQL. */
  readonly quoted: string;
  /** The target's type alone as SQL, without length or precision. */
  readonly type: string;
  /** The target's whole type as SQL. */
  readonly fullType: string;
  /** The operator under which key values are equal. */
  readonly equals: string;
  /** Values are equal exactly when their texts are, so `=` finds the very row and may use an index. */
  readonly exact: boolean;
  /** What the source sends in binary form means the same at the target. */
  readonly sameBinary: boolean;
}

/** How changes of one relation reach its target table. */
export interface TablePlan extends WrittenPlan<PlannedColumn> {
  readonly oid: string;
  /** The table as SQL, for INSERT. */
  readonly into: string;
  /** The rows of the table itself as SQL, for UPDATE, DELETE and SELECT. */
  readonly from: string;
  /** Says when a row was deleted at the source, whose rows stay; `null`: they are deleted here, too. */
  readonly deletedAt: PlannedColumn | null;
  /** A trigger or rule of the target may do something else than what a statement says. */
  readonly interferes: boolean;
  readonly copyProof: CopyProof;
  /** Every column of the target that can be written, as SQL: what a row keeps when it moves. */
  readonly writable: readonly string[];
}

/** Types whose values are equal exactly when their texts are. */
const exactTypes =
  /^(smallint|integer|bigint|boolean|uuid|bytea|date|text|character varying(\(\d+\))?|(timestamp|time)(\(\d+\))? with(out)? time zone)$/;
const isExact = (type: string, deterministic: boolean) =>
  deterministic && exactTypes.test(type) && !/^time(\(\d+\))? with time zone$/.test(type);

const withoutModifier = (type: string): string => type.replace(/\([^)]*\)/, '');

/** Types of one kind whose values are equal in one exactly when they are in the other. */
const kindOf = (type: string): string =>
  withoutModifier(type)
    .replace(/^(smallint|integer|bigint)$/, 'integer')
    .replace(/^(text|character varying)$/, 'text');

const isSameBinary = (native: string, type: string, { infiniteIntervals }: TargetTable): boolean =>
  withoutModifier(native) === withoutModifier(type) && (infiniteIntervals || !/^interval/.test(type));

/** Whether keys are equal at the source and at the target exactly when their texts are. */
const isFoldable = ({ exact, equals, fullType }: PlannedColumn, native: string): boolean =>
  exact && equals === '=' && kindOf(native) === kindOf(fullType);

const failure = ({ code, message, fix }: TargetProblem, relation: Relation) => {
  const rest = { hint: fix ?? undefined, details: { table: qualifiedName(relation) } };
  return code === 'TARGET_KEY_MISSING' ||
    code === 'TARGET_TABLE_UNSUITABLE' ||
    code === 'TARGET_INDEX_STRICTER' ||
    code === 'WRITE_MODE_UNSUITABLE'
    ? sqlSinkError(code, message, rest)
    : postgresErrorOf('SCHEMA_MISMATCH', message, rest);
};

/**
 * Plans how changes of a relation are written. Throws `SCHEMA_MISMATCH`, `TARGET_KEY_MISSING`,
 * `TARGET_TABLE_MISSING` or `TARGET_TABLE_UNSUITABLE` where the target does not fit.
 */
export const planTable = (
  id: number,
  relation: WrittenRelation,
  target: TargetTable | undefined,
  missing: MissingColumns = 'error',
  source = relation,
): TablePlan => {
  if (target === undefined)
    throw sqlSinkError('TARGET_TABLE_MISSING', `Target table ${qualifiedName(relation)} does not exist`, {
      details: { table: qualifiedName(relation) },
    });
  const problem = targetProblems(relation, target, missing).find(({ level }) => level === 'error');
  if (problem !== undefined) throw failure(problem, relation);
  const keyed = keyColumns(relation);
  const index = keyed === null ? null : indexOver(target, keyed);
  const there = new Map(target.columns.map((column) => [column.name, column]));
  const columns = relation.columns.flatMap(({ name, native, generated }, position): PlannedColumn[] => {
    const column = there.get(name);
    if (column === undefined) return [];
    return [
      {
        index: position,
        name,
        quoted: quoteIdentifier(name),
        type: column.typeReference,
        fullType: column.type,
        equals: index?.find((indexed) => indexed.name === name)?.equals ?? '=',
        exact: isExact(column.type, column.deterministic),
        sameBinary: isSameBinary(native, column.type, target),
        // GENERATED ALWAYS AS IDENTITY
        always: column.identity === 'a',
        written: !generated && !column.generated,
      },
    ];
  });
  const into = quoteQualified(relation.schema, relation.table);
  const key = relation.key?.flatMap((position) => columns.find((column) => column.index === position) ?? []) ?? null;
  return {
    id,
    relation,
    source,
    oid: target.oid,
    into,
    from: target.kind === 'p' ? into : `ONLY ${into}`,
    columns,
    written: columns.filter(({ written }) => written),
    key,
    deletedAt: (relation.form === 'soft-delete' && columns.find(({ name }) => name === deletedAt)) || null,
    foldable: key?.every((column) => isFoldable(column, relation.columns[column.index]?.native ?? '')) ?? false,
    checkText: (text, column) => checkText(text, relation, column),
    interferes: target.interferes,
    copyProof: target.foreignPartitions ? 'outcome' : 'statement',
    writable: target.columns.flatMap(({ name, generated }) => (generated ? [] : [quoteIdentifier(name)])),
  };
};

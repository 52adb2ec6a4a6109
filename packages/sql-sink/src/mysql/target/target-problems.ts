import { type Column, qualifiedName, type Relation } from '@millrace/core';
import { quoteIdentifier, quoteQualified, type ServerVersion } from '@millrace/mysql-client';
import { keyColumns, type MissingColumns } from '../../target/key-columns.ts';
import { bareType, partsOf } from './bare-type.ts';
import { exactCollation, isBinaryCollation, isExactCollation } from './collation.ts';
import type { TargetColumn, TargetTable, UniqueIndex } from './target-table.ts';
import { losesSilently } from './type-loss.ts';

type ErrorCode = 'SCHEMA_MISMATCH' | 'TARGET_TABLE_UNSUITABLE' | 'TARGET_KEY_MISSING' | 'KEY_COLLATION';
type WarningCode =
  | 'COLUMN_LEFT_OUT'
  | 'TYPE_DIFFERS'
  | 'GENERATED_COLUMN_SKIPPED'
  | 'TARGET_COLUMN_GENERATED'
  | 'TARGET_COLUMN_CHANGES'
  | 'KEY_COLLATION'
  | 'TARGET_TRIGGER';

interface Described {
  readonly message: string;
  readonly fix: string | null;
}

/** Changes of the relation cannot be written. */
export interface TargetError extends Described {
  readonly level: 'error';
  readonly code: ErrorCode;
}

/** Changes of the relation can be written, with a surprise. */
interface TargetWarning extends Described {
  readonly level: 'warning';
  readonly code: WarningCode;
}

/** One thing about an existing target table that does not fit its relation. */
export type TargetProblem = TargetError | TargetWarning;

const error = (code: ErrorCode, message: string, fix: string | null): TargetError => ({
  level: 'error',
  code,
  message,
  fix,
});
const warning = (code: WarningCode, message: string, fix: string | null = null): TargetWarning => ({
  level: 'warning',
  code,
  message,
  fix,
});

/** The unique index over exactly these columns, in whatever order it has them. */
export const indexOver = ({ uniqueIndexes }: TargetTable, key: readonly Column[]): UniqueIndex | null =>
  uniqueIndexes.find(
    ({ columns }) => columns?.length === key.length && key.every(({ name }) => columns.includes(name)),
  ) ?? null;

/** Whose rows may be gone or doubled after a failure otherwise. */
const transactional = 'innodb';

const unsuitable = (relation: Relation, { kind, engine }: TargetTable): TargetError | null => {
  const name = qualifiedName(relation);
  if (kind !== 'BASE TABLE' && kind !== 'SYSTEM VERSIONED')
    return error('TARGET_TABLE_UNSUITABLE', `Target ${name} is not a table`, null);
  if (engine?.toLowerCase() === transactional) return null;
  return error(
    'TARGET_TABLE_UNSUITABLE',
    `Target table ${name} is kept by ${engine ?? 'no engine'}, which has no transactions`,
    `ALTER TABLE ${quoteQualified(relation.schema, relation.table)} ENGINE=InnoDB;`,
  );
};

const holdsText = ({ dataType, type }: TargetColumn, length: number): boolean =>
  dataType === 'varchar' ? (partsOf(type).first ?? 0) >= length : /^(?:tiny|medium|long)?text$/.test(dataType);

/** An update of the source may leave out what it did not change; the target would change it. */
const changesItself = (of: string, alter: string, there: TargetColumn): readonly TargetProblem[] => {
  const { name, type, nullable, hasDefault, onUpdate } = there;
  if (onUpdate === null) return [];
  const message = `${of} is set to the time of each update that leaves it out: it may differ from the source's then`;
  // Said in any case of one that is NOT NULL: servers may give a TIMESTAMP an ON UPDATE of their own otherwise.
  const byDefault = hasDefault || !nullable ? ` DEFAULT ${onUpdate}` : '';
  const definition = `${type} ${nullable ? 'NULL' : 'NOT NULL'}${byDefault}`;
  return [warning('TARGET_COLUMN_CHANGES', message, `${alter} MODIFY COLUMN ${quoteIdentifier(name)} ${definition};`)];
};

const columnProblems = (
  { schema, table }: Relation,
  column: Column,
  there: TargetColumn,
  missing: MissingColumns,
): readonly TargetProblem[] => {
  const of = `Column "${column.name}" of target table ${schema}.${table}`;
  if (column.generated)
    return there.generated
      ? []
      : [warning('GENERATED_COLUMN_SKIPPED', `${of} is computed at the source and not sent: it is never written`)];
  if (there.generated)
    return [warning('TARGET_COLUMN_GENERATED', `${of} is computed there: what the source sends for it is not written`)];
  const alter = `ALTER TABLE ${quoteQualified(schema, table)}`;
  const changes = changesItself(of, alter, there);
  const modify = `${alter} MODIFY COLUMN ${quoteIdentifier(column.name)} ${column.native}${there.nullable ? '' : ' NOT NULL'};`;
  const { textLength } = column;
  if (textLength !== undefined && !holdsText(there, textLength)) {
    const message = `${of} is ${there.type}: its masked values are texts of ${textLength} characters`;
    return [error('SCHEMA_MISMATCH', message, modify)];
  }
  const [source, target] = [bareType(column.native), bareType(there.type)];
  if (source === target) return changes;
  const differs = `${of} is ${target}, the source's values are those of ${source}`;
  return missing !== 'outdated' && losesSilently(source, target)
    ? [error('SCHEMA_MISMATCH', `${differs}: values would be rounded or cut`, modify)]
    : [warning('TYPE_DIFFERS', differs), ...changes];
};

const keyProblems = (
  relation: Relation,
  target: TargetTable,
  source: Relation,
  server: ServerVersion,
): readonly TargetProblem[] => {
  const name = qualifiedName(relation);
  const alter = `ALTER TABLE ${quoteQualified(relation.schema, relation.table)}`;
  const key = keyColumns(relation);
  if (key === null) return [];
  if (indexOver(target, key) === null) {
    const columns = key.map((column) => quoteIdentifier(column.name)).join(', ');
    const message = `Target table ${name} has no unique index over (${columns}), by which the log identifies its rows`;
    return [error('TARGET_KEY_MISSING', message, `${alter} ADD UNIQUE INDEX (${columns});`)];
  }
  return key.flatMap((column) => {
    const there = target.columns.find((each) => each.name === column.name);
    const isEnough = column.type === 'uuid' || column.type === 'decimal' ? isBinaryCollation : isExactCollation;
    if (there === undefined || isEnough(there.collation)) return [];
    const message = `Key column "${column.name}" of target table ${name} has the collation ${there.collation}: rows whose keys differ for the source may be one there`;
    const fix = `${alter} MODIFY COLUMN ${quoteIdentifier(column.name)} ${there.type} CHARACTER SET utf8mb4 COLLATE ${exactCollation(server)}${there.nullable ? '' : ' NOT NULL'};`;
    return [
      source.dialect === undefined ? error('KEY_COLLATION', message, fix) : warning('KEY_COLLATION', message, fix),
    ];
  });
};

/** Everything about a target table that does not fit its relation, which is named and typed as at the target. */
export const targetProblems = (
  relation: Relation,
  target: TargetTable,
  missing: MissingColumns,
  source: Relation,
  server: ServerVersion,
): readonly TargetProblem[] => {
  const unfit = unsuitable(relation, target);
  if (unfit !== null) return [unfit];
  const name = qualifiedName(relation);
  const alter = `ALTER TABLE ${quoteQualified(relation.schema, relation.table)}`;
  const problems: TargetProblem[] = [];
  const there = new Map(target.columns.map((column) => [column.name, column]));
  const sent = new Set(relation.columns.filter(({ generated }) => !generated).map((column) => column.name));
  for (const column of relation.columns) {
    const found = there.get(column.name);
    if (found !== undefined) problems.push(...columnProblems(relation, column, found, missing));
    else if (!column.generated) {
      const message = `Target table ${name} has no column "${column.name}"`;
      const fix = `${alter} ADD COLUMN ${quoteIdentifier(column.name)} ${column.native};`;
      problems.push(
        missing === 'error'
          ? error('SCHEMA_MISMATCH', message, fix)
          : warning('COLUMN_LEFT_OUT', `${message}: what the source sends for it is not written`, fix),
      );
    }
  }
  for (const { name: extra, type, nullable, hasDefault, autoIncrement, generated } of target.columns)
    if (missing !== 'outdated' && !nullable && !hasDefault && !autoIncrement && !generated && !sent.has(extra))
      problems.push(
        error(
          'SCHEMA_MISMATCH',
          `Column "${extra}" of target table ${name} is NOT NULL without a default, and the source does not send it`,
          `${alter} MODIFY COLUMN ${quoteIdentifier(extra)} ${type} NULL;`,
        ),
      );
  problems.push(...keyProblems(relation, target, source, server));
  if (target.triggers.length > 0)
    problems.push(
      warning(
        'TARGET_TRIGGER',
        `Target table ${name} has triggers, which act on what is written there: ${target.triggers.join(', ')}`,
        target.triggers.map((trigger) => `DROP TRIGGER ${quoteQualified(relation.schema, trigger)};`).join(' '),
      ),
    );
  return problems;
};

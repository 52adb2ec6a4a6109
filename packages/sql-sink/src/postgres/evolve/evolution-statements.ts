import type { EvolutionStep } from '@millrace/core';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '@millrace/postgres-client';
import type { TargetColumn, TargetTable } from '../target/target-table.ts';

/** A step that concerns one table of the target, which is there. */
type StepOfOne = Exclude<EvolutionStep, { readonly kind: 'create-table' | 'rename-table' }>;

/** What gives a table of the target another name. Where one of that name is there, the server refuses. */
export const renameStatements = (
  { schema, table }: Pick<TargetTable, 'schema' | 'table'>,
  to: Pick<TargetTable, 'schema' | 'table'>,
): readonly string[] => {
  const alter = `ALTER TABLE ${quoteQualified(schema, table)}`;
  const moved = `ALTER TABLE ${quoteQualified(to.schema, table)}`;
  return [
    ...(schema === to.schema ? [] : [`${alter} SET SCHEMA ${quoteIdentifier(to.schema)}`]),
    ...(table === to.table ? [] : [`${moved} RENAME TO ${quoteIdentifier(to.table)}`]),
  ];
};

/** What follows from a step for a table as it is now, in this order; nothing where it is done already. */
export const evolutionStatements = (step: StepOfOne, target: TargetTable): readonly string[] => {
  const alter = `ALTER TABLE ${quoteQualified(target.schema, target.table)}`;
  const find = (name: string) => target.columns.find((column) => column.name === name);
  switch (step.kind) {
    case 'add-column': {
      const { name, native } = step.column;
      if (find(name) !== undefined) return [];
      const quoted = quoteIdentifier(name);
      const add = `${alter} ADD COLUMN ${quoted} ${native}`;
      // The rows that are there get the value; what becomes of later ones the source says.
      return step.fill === null
        ? [add]
        : [`${add} DEFAULT ${quoteLiteral(step.fill)}`, `${alter} ALTER COLUMN ${quoted} DROP DEFAULT`];
    }
    case 'drop-column':
      return find(step.name) === undefined ? [] : [`${alter} DROP COLUMN ${quoteIdentifier(step.name)}`];
    case 'keep-column':
      return mayStayEmpty(find(step.name))
        ? []
        : [...withoutKey(step.name, target), `${alter} ALTER COLUMN ${quoteIdentifier(step.name)} DROP NOT NULL`];
    case 'set-aside-column': {
      if (find(step.name) === undefined) return [];
      const free = freeName(step.name, (name) => find(name) === undefined);
      return [`${alter} RENAME COLUMN ${quoteIdentifier(step.name)} TO ${quoteIdentifier(free)}`];
    }
    case 'rename-column':
      // One of the new name besides is somebody else's: the server refuses.
      return find(step.from) === undefined
        ? []
        : [`${alter} RENAME COLUMN ${quoteIdentifier(step.from)} TO ${quoteIdentifier(step.name)}`];
    case 'drop-table':
      return [`DROP TABLE ${quoteQualified(target.schema, target.table)}`];
    case 'alter-column-type': {
      const { name, native } = step.column;
      const column = find(name);
      if (column === undefined || column.generated || column.type === native) return [];
      const quoted = quoteIdentifier(name);
      return [`${alter} ALTER COLUMN ${quoted} TYPE ${native} USING ${quoted}::${native}`];
    }
    case 'alter-column-nullability': {
      const column = find(step.name);
      if (column === undefined || column.notNull === !step.nullable) return [];
      return [`${alter} ALTER COLUMN ${quoteIdentifier(step.name)} ${step.nullable ? 'DROP' : 'SET'} NOT NULL`];
    }
    case 'alter-column-default': {
      const column = find(step.name);
      if (column === undefined || column.generated || column.identity !== '') return [];
      const value = step.sql === null ? 'DROP DEFAULT' : `SET DEFAULT ${step.sql}`;
      return [`${alter} ALTER COLUMN ${quoteIdentifier(step.name)} ${value}`];
    }
  }
};

/**
 * As `evolutionStatements`, where the server does not turn the default of a column into one of its new type by itself: as the
 * values are, by a cast. `null`: there is none.
 */
export const castingDefault = (step: StepOfOne, { schema, table, columns }: TargetTable): readonly string[] | null => {
  if (step.kind !== 'alter-column-type') return null;
  const { name, native } = step.column;
  const value = columns.find((column) => column.name === name)?.default ?? null;
  if (value === null) return null;
  const quoted = quoteIdentifier(name);
  const alter = `ALTER COLUMN ${quoted}`;
  return [
    `ALTER TABLE ${quoteQualified(schema, table)} ${alter} DROP DEFAULT, ${alter} TYPE ${native} USING ${quoted}::${native}, ${alter} SET DEFAULT (${value})::${native}`,
  ];
};

/** A primary key does not outlive one of its columns. */
const withoutKey = (column: string, { schema, table, primaryKey }: TargetTable): readonly string[] =>
  primaryKey?.columns.includes(column) === true
    ? [`ALTER TABLE ${quoteQualified(schema, table)} DROP CONSTRAINT ${quoteIdentifier(primaryKey.name)}`]
    : [];

const mayStayEmpty = (column: TargetColumn | undefined): boolean =>
  column === undefined || !column.notNull || column.default !== null || column.identity !== '' || column.generated;

/** Names of PostgreSQL have 63 bytes at most. */
const freeName = (name: string, isFree: (name: string) => boolean): string => {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? ' (dropped)' : ` (dropped ${number})`;
    let start = name;
    while (Buffer.byteLength(start + suffix) > 63) start = [...start].slice(0, -1).join('');
    if (isFree(start + suffix)) return start + suffix;
  }
};

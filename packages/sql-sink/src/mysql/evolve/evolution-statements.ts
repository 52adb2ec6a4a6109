import type { Column, EvolutionStep, Relation } from '@millrace/core';
import { quoteIdentifier, quoteQualified, type ServerVersion } from '@millrace/mysql-client';
import { bareType, partsOf } from '../target/bare-type.ts';
import { createTable } from '../target/create-table.ts';
import type { UniqueIndex } from '../target/target-table.ts';
import { losesSilently } from '../target/type-loss.ts';
import type { CatalogColumn, TablePlace } from './catalog-column.ts';
import { columnDefinition, type DefinitionChange, defaultClause, needsExpression } from './column-definition.ts';
import type { ExactColumns } from './exact-defaults.ts';
import { type ColumnShape, isSameType, shapeOf, type TableShape } from './table-shape.ts';

/** A statement, and what it leaves behind of the tables it concerns. */
export interface PlannedStatement {
  readonly sql: string;
  readonly after: readonly TableShape[];
}

/** A table of the target as it is before a step. */
export interface EvolvingTable extends TablePlace, ExactColumns {
  readonly uniqueIndexes: readonly UniqueIndex[];
  readonly foreignKeys: readonly { readonly name: string; readonly columns: readonly string[] }[];
}

/** A step that concerns one table of the target, which is there. */
type StepOfOne = Exclude<EvolutionStep, { readonly kind: 'create-table' | 'rename-table' }>;

const gone = ({ schema, table }: TablePlace): TableShape => ({ schema, table, columns: null });

/** What makes a table that is not there, in types of the server. */
export const creation = (relation: Relation, databaseIsThere: boolean): readonly PlannedStatement[] => {
  const { schema, table, columns, key } = relation;
  const made = columns.flatMap(({ name, native, nullable, generated }, index): readonly ColumnShape[] =>
    generated ? [] : [{ name, type: native, nullable: nullable !== false && key?.includes(index) !== true }],
  );
  const database = `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(schema)} CHARACTER SET utf8mb4`;
  return [
    ...(databaseIsThere ? [] : [{ sql: database, after: [gone(relation)] }]),
    { sql: createTable(relation), after: [{ schema, table, columns: made }] },
  ];
};

/** What gives a table of the target another name. Where one of that name is there, the server refuses. */
export const renaming = (target: EvolvingTable, to: TablePlace): readonly PlannedStatement[] => {
  const { schema, table, columns } = target;
  if (schema === to.schema && table === to.table) return [];
  const sql = `RENAME TABLE ${quoteQualified(schema, table)} TO ${quoteQualified(to.schema, to.table)}`;
  return [{ sql, after: [gone(target), shapeOf(to, columns)] }];
};

export interface StepContext {
  /** The table behind the step, as the target calls it. */
  readonly relation: Relation;
  /** What the source is: defaults are in its language, and indexes follow those that it has. */
  readonly dialect: Relation['dialect'];
  readonly server: ServerVersion;
}

/** A statement that the server refuses, or would carry out in another way than the source. */
export class RefusedStep extends Error {
  readonly statement: string;

  constructor(statement: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.statement = statement;
  }
}

/**
 * What follows from a step for a table as it is now, in this order; nothing where it is done already. Throws `RefusedStep`
 * for a value that the column cannot have, and where the server would change values without a word.
 */
export const evolutionStatements = (
  step: StepOfOne,
  target: EvolvingTable,
  { relation, dialect, server }: StepContext,
): readonly PlannedStatement[] => {
  const { columns } = target;
  const find = (name: string) => columns.find((column) => column.name === name);
  const alter = (clauses: string, change: (shapes: readonly ColumnShape[]) => readonly ColumnShape[]) => {
    const { schema, table } = target;
    const shapes = shapeOf(target, columns).columns ?? [];
    const sql = `ALTER TABLE ${quoteQualified(schema, table)} ${clauses}`;
    return { sql, after: [{ schema, table, columns: change(shapes) }] };
  };
  const replace = (name: string, by: (shape: ColumnShape) => ColumnShape) => (shapes: readonly ColumnShape[]) =>
    shapes.map((shape) => (shape.name === name ? by(shape) : shape));
  const rename = (from: string, to: string) =>
    alter(
      `RENAME COLUMN ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`,
      replace(from, (shape) => ({ ...shape, name: to })),
    );
  const clauseOf = (text: string, column: Column, type: string): string => {
    try {
      return defaultClause(text, column, type);
    } catch (error) {
      throw new RefusedStep(
        alter(`… COLUMN ${quoteIdentifier(column.name)} … DEFAULT …`, () => []).sql,
        'no value of the column',
        error,
      );
    }
  };
  const modify = (column: CatalogColumn, change: DefinitionChange, before = '') => {
    const isUnknown =
      target.unknownDefaults.has(column.name) || (change.type === undefined && column.type.includes('?'));
    if (isUnknown)
      throw new RefusedStep(
        alter(`${before}MODIFY COLUMN ${quoteIdentifier(column.name)} …`, () => []).sql,
        'its default or its values may hold characters of four bytes, which the catalog does not say',
      );
    return alter(
      `${before}MODIFY COLUMN ${quoteIdentifier(column.name)} ${columnDefinition(column, change, server)}`,
      replace(column.name, ({ name, type, nullable }) => ({ name, type, nullable, ...change })),
    );
  };
  switch (step.kind) {
    case 'add-column': {
      const { name, native, generated } = step.column;
      if (find(name) !== undefined || generated) return [];
      const quoted = quoteIdentifier(name);
      const add = `ADD COLUMN ${quoted} ${native} NULL`;
      const added = (shapes: readonly ColumnShape[]) => [...shapes, { name, type: native, nullable: true }];
      if (step.fill === null) return [alter(add, added)];
      // The rows that are there get the value; what becomes of later ones the source says.
      const clause = clauseOf(step.fill, step.column, native);
      return [
        alter(`${add} ${clause}`, added),
        alter(
          needsExpression.test(native)
            ? `MODIFY COLUMN ${quoted} ${native} NULL`
            : `ALTER COLUMN ${quoted} SET DEFAULT NULL`,
          added,
        ),
      ];
    }
    case 'drop-column': {
      if (find(step.name) === undefined) return [];
      const clauses = [
        ...withoutForeignKeys(step.name, target),
        ...withoutIndexes(step.name, target, dialect),
        `DROP COLUMN ${quoteIdentifier(step.name)}`,
      ];
      return [alter(clauses.join(', '), (shapes) => shapes.filter(({ name }) => name !== step.name))];
    }
    case 'keep-column': {
      const column = find(step.name);
      if (column === undefined || mayStayEmpty(column)) return [];
      const isKey = target.uniqueIndexes.some((index) => isPrimary(index) && index.columns?.includes(step.name));
      return [modify(column, { nullable: true }, isKey ? 'DROP PRIMARY KEY, ' : '')];
    }
    case 'set-aside-column':
      return find(step.name) === undefined ? [] : [rename(step.name, freeName(step.name, columns))];
    case 'rename-column':
      // One of the new name besides is somebody else's: the server refuses.
      return find(step.from) === undefined ? [] : [rename(step.from, step.name)];
    case 'drop-table':
      return [{ sql: `DROP TABLE ${quoteQualified(target.schema, target.table)}`, after: [gone(target)] }];
    case 'alter-column-type': {
      const { name, native } = step.column;
      const column = find(name);
      if (column === undefined || column.generated || isSameType(column.type, native)) return [];
      const statement = modify(column, { type: native });
      if (losesInPlace(column.type, native)) throw new RefusedStep(statement.sql, 'values would be changed silently');
      return [statement];
    }
    case 'alter-column-nullability': {
      const { name, nullable } = step;
      const column = find(name);
      if (column === undefined || column.generated || column.nullable === nullable) return [];
      return [modify(column, { nullable })];
    }
    case 'alter-column-default': {
      const [column, of] = [find(step.name), relation.columns.find(({ name }) => name === step.name)];
      const text = dialect === 'mysql' ? constantOf(step.sql) : undefined;
      if (column === undefined || of === undefined || text === undefined) return [];
      // MySQL lets no ALTER COLUMN give a large value a default.
      if (column.generated || isNumbered(column) || needsExpression.test(column.type)) return [];
      const clause = text === null ? noDefault(column) : `SET ${clauseOf(text, of, column.type)}`;
      const change = replace(step.name, ({ name, type, nullable }) => ({ name, type, nullable }));
      return [alter(`ALTER COLUMN ${quoteIdentifier(step.name)} ${clause}`, change)];
    }
  }
};

const isPrimary = ({ name }: UniqueIndex): boolean => name === 'PRIMARY';
const isNumbered = ({ extra }: CatalogColumn): boolean => /\bauto_increment\b/i.test(extra);

const mayStayEmpty = (column: CatalogColumn): boolean =>
  column.nullable || column.default !== null || isNumbered(column) || column.generated;

/** Who inserts a row without saying the column gets NULL, where that is allowed. */
const noDefault = ({ nullable }: CatalogColumn): string => (nullable ? 'SET DEFAULT NULL' : 'DROP DEFAULT');

/** The text of a constant; `undefined`: the default is something else. */
const constantOf = (sql: string | null): string | null | undefined => {
  if (sql === null) return null;
  return /^'(?:[^']|'')*'$/.test(sql) ? sql.slice(1, -1).replaceAll("''", "'") : undefined;
};

/** The server keeps a column that a foreign key of its table is over; at every source such a key is gone by now. */
const withoutForeignKeys = (column: string, { foreignKeys }: EvolvingTable): readonly string[] =>
  foreignKeys
    .filter(({ columns }) => columns.includes(column))
    .map(({ name }) => `DROP FOREIGN KEY ${quoteIdentifier(name)}`);

/**
 * An index of PostgreSQL goes with any of its columns; here one would stay over the others, and refuse rows. A source of this
 * kind has it so, too.
 */
const withoutIndexes = (
  column: string,
  { uniqueIndexes }: EvolvingTable,
  dialect: Relation['dialect'],
): readonly string[] => {
  if (dialect === 'mysql') return [];
  const stricter = uniqueIndexes.filter(
    ({ columns }) => columns !== null && columns.length > 1 && columns.includes(column),
  );
  return stricter.map((index) => (isPrimary(index) ? 'DROP PRIMARY KEY' : `DROP INDEX ${quoteIdentifier(index.name)}`));
};

const isWhole = /^(?:tiny|small|medium|big)?int$|^bit$|^year$/;
const isMoment = /^(?:date|datetime|timestamp)$/;

/** Whether a change of a column's type changes values of rows that are there without a word. */
const losesInPlace = (from: string, to: string): boolean => {
  const [before, after] = [partsOf(bareType(from)), partsOf(bareType(to))];
  if (isWhole.test(after.name))
    return /^(?:float|double)$/.test(before.name) || (before.name === 'decimal' && (before.second ?? 0) > 0);
  if (after.name === 'time') return isMoment.test(before.name) || losesSilently(bareType(from), bareType(to));
  return (before.name === 'time' && isMoment.test(after.name)) || losesSilently(bareType(from), bareType(to));
};

/** Names of columns have 64 characters at most, and differ in more than case. */
const freeName = (name: string, columns: readonly CatalogColumn[]): string => {
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? ' (dropped)' : ` (dropped ${number})`;
    const free = `${[...name].slice(0, 64 - suffix.length).join('')}${suffix}`;
    if (!taken.has(free.toLowerCase())) return free;
  }
};

import type { IndexedColumn, ReferentialAction, StructurePart } from '@millrace/core';
import { normalizeColumnType } from '../schema/model/column-type.ts';
import { type CatalogDefault, defaultSql, defaultValue } from './default-value.ts';

export type Dialect = CatalogDefault['kind'];

/** A row of a catalog: texts by name. */
export type CatalogRow = Readonly<Record<string, string | null>>;

const textOf = (row: CatalogRow | undefined, name: string): string => row?.[name] ?? '';

/** What `ALTER TABLE … ADD` takes for each index and check, by its name, in what `SHOW CREATE TABLE` says. */
const definitions = (statement: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const line of statement.split('\n')) {
    const [, definition, name, check] =
      /^ {2}((?:(?:UNIQUE|FULLTEXT|SPATIAL|VECTOR) )?KEY (`(?:[^`]|``)+`) .*?|CONSTRAINT (?<check>`(?:[^`]|``)+`) CHECK .*?),?$/.exec(
        line,
      ) ?? [];
    const quoted = name ?? check;
    if (definition === undefined || quoted === undefined) continue;
    found.set(quoted.slice(1, -1).replaceAll('``', '`'), definition);
  }
  return found;
};

const indexParts = (
  rows: readonly CatalogRow[],
  sqlOf: (name: string) => string,
  dialect: Dialect,
): readonly StructurePart[] => {
  const indexes = new Map<string, CatalogRow[]>();
  for (const row of rows)
    indexes.set(textOf(row, 'INDEX_NAME'), [...(indexes.get(textOf(row, 'INDEX_NAME')) ?? []), row]);
  return [...indexes].map(([name, parts]) => {
    const [first] = parts;
    const isHidden = first?.IS_VISIBLE === 'NO' || first?.IGNORED === 'YES';
    const isOrdered = first?.INDEX_TYPE === 'BTREE' && !isHidden && parts.every((part) => part.COLUMN_NAME !== null);
    const indexed = parts.map(
      (part): IndexedColumn => ({
        name: textOf(part, 'COLUMN_NAME'),
        descending: part.COLLATION === 'D',
        length: part.SUB_PART === null ? null : Number(part.SUB_PART),
        collation: part.COMPARED ?? null,
      }),
    );
    const common = { name, sql: sqlOf(name), dialect, indexed: isOrdered ? indexed : null };
    if (textOf(first, 'NON_UNIQUE') !== '0') return { kind: 'index', ...common };
    const isWhole = parts.every((part) => part.COLUMN_NAME !== null && part.SUB_PART === null);
    return { kind: 'unique', ...common, columns: isWhole ? indexed.map((each) => each.name) : null, constraint: null };
  });
};

const actions: Readonly<Record<string, ReferentialAction>> = {
  'NO ACTION': 'no action',
  RESTRICT: 'restrict',
  CASCADE: 'cascade',
  'SET NULL': 'set null',
  'SET DEFAULT': 'set default',
};

const foreignKeys = (rows: readonly CatalogRow[], dialect: Dialect): readonly StructurePart[] => {
  const names = [...new Set(rows.map((row) => textOf(row, 'CONSTRAINT_NAME')))];
  return names.map((name) => {
    const parts = rows.filter((row) => row.CONSTRAINT_NAME === name);
    const [first] = parts;
    const [onDelete, onUpdate] = [textOf(first, 'DELETE_RULE'), textOf(first, 'UPDATE_RULE')];
    return {
      kind: 'foreign-key',
      name,
      columns: parts.map((part) => textOf(part, 'COLUMN_NAME')),
      sql: `ON DELETE ${onDelete} ON UPDATE ${onUpdate}`,
      dialect,
      references: {
        schema: textOf(first, 'REFERENCED_TABLE_SCHEMA'),
        table: textOf(first, 'REFERENCED_TABLE_NAME'),
        columns: parts.map((part) => textOf(part, 'REFERENCED_COLUMN_NAME')),
      },
      onDelete: actions[onDelete] ?? null,
      onUpdate: actions[onUpdate] ?? null,
      match: 'simple',
      deferrable: false,
      validated: true,
    };
  });
};

/** MySQL says checks with the table, MariaDB in its catalog. */
const checkParts = (
  rows: readonly CatalogRow[],
  made: ReadonlyMap<string, string>,
  dialect: Dialect,
): readonly StructurePart[] => {
  const check = (name: string, sql: string, validated: boolean) =>
    ({ kind: 'check', name, sql, validated, dialect }) as const;
  if (dialect === 'mariadb')
    return rows.map((row) => check(textOf(row, 'CONSTRAINT_NAME'), `CHECK (${textOf(row, 'CHECK_CLAUSE')})`, true));
  return [...made].flatMap(([name, definition]) => {
    const [, sql] = /^CONSTRAINT `(?:[^`]|``)+` (CHECK .*)$/.exec(definition) ?? [];
    if (sql === undefined) return [];
    const [, clause = sql, isOff] = /^(.*?)( \/\*!80016 NOT ENFORCED \*\/)?$/.exec(sql) ?? [];
    return [check(name, isOff === undefined ? clause : `${clause} NOT ENFORCED`, isOff === undefined)];
  });
};

const valueParts = (row: CatalogRow, kind: Dialect): readonly StructurePart[] => {
  const column = textOf(row, 'COLUMN_NAME');
  const [extra, text, type] = [
    textOf(row, 'EXTRA'),
    row.COLUMN_DEFAULT ?? null,
    normalizeColumnType(textOf(row, 'COLUMN_TYPE')),
  ];
  const onUpdate = /\bon update \S+/i.exec(extra)?.[0];
  if (/\bauto_increment\b/i.test(extra))
    return [{ kind: 'identity', column, increment: '1', sql: 'AUTO_INCREMENT', dialect: kind }];
  // Computed columns have an expression instead.
  if (/\b(?:VIRTUAL|STORED|PERSISTENT)\b/i.test(extra)) return [];
  const isNone = text === null || (kind === 'mariadb' && text === 'NULL');
  if (isNone && onUpdate === undefined) return [];
  const given = { kind, text: text ?? 'NULL', extra };
  const definition = { type, collation: row.COLLATION_NAME ?? null };
  const sql = [
    isNone ? 'NULL' : defaultSql(given, definition),
    ...(onUpdate === undefined ? [] : [onUpdate.toUpperCase()]),
  ].join(' ');
  return [{ kind: 'default', column, sql, dialect: kind, value: isNone ? null : defaultValue(given, definition) }];
};

/** What catalogs say of one table. */
export interface CatalogTable {
  /** What `SHOW CREATE TABLE` says. */
  readonly statement: string;
  readonly comment: string;
  readonly columns: readonly CatalogRow[];
  /** In the order of columns in their indexes; `COMPARED` is the collation of the column. */
  readonly indexes: readonly CatalogRow[];
  readonly foreignKeys: readonly CatalogRow[];
  /** Of MariaDB. */
  readonly checks: readonly CatalogRow[];
}

/** What a table has beside its columns and key. */
export const structureParts = (table: CatalogTable, dialect: Dialect): readonly StructurePart[] => {
  const made = definitions(table.statement);
  const comments = [{ COLUMN_NAME: null, COLUMN_COMMENT: table.comment }, ...table.columns].flatMap(
    (row): readonly StructurePart[] => {
      const text = row.COLUMN_COMMENT ?? '';
      return text === '' ? [] : [{ kind: 'comment', column: row.COLUMN_NAME ?? null, text }];
    },
  );
  return [
    ...indexParts(table.indexes, (name) => made.get(name) ?? '', dialect),
    ...checkParts(table.checks, made, dialect),
    ...foreignKeys(table.foreignKeys, dialect),
    ...table.columns.flatMap((row) => valueParts(row, dialect)),
    ...comments,
  ];
};

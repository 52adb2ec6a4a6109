import type { Column, Relation } from '@millrace/core';
import type { ScriptSession, ServerVersion } from '@millrace/mysql-client';
import { TargetNames, type TargetNamesOptions } from '../../target/target-names.ts';
import { partsOf } from './bare-type.ts';
import { exactCollation } from './collation.ts';
import { fitKey, fitRow } from './fit-types.ts';
import { fromPostgres } from './postgres-types.ts';
import { asServerHas } from './server-types.ts';

const isText = /^(?:char|varchar|(?:tiny|medium|long)?text|enum|set)$/;
const isList = /^(?:enum|set)$/;

/** Numbers of any length are text as the servers have it; in a key they are shorter so. */
const asciiNumber = 'varchar(255) character set ascii collate ascii_bin';

const withoutCharacterSet = (
  { type, native }: Column,
  { dialect }: Relation,
  isKey: boolean,
  server: ServerVersion,
): string => {
  const made = asServerHas(dialect === undefined ? fromPostgres({ type, native }) : native, server);
  return isKey && type === 'decimal' && made === 'longtext' ? asciiNumber : made;
};

/**
 * Texts of PostgreSQL, and all that are compared, are equal only when they are the same: the source may hold both of two that
 * differ in case, or in spaces at the end.
 */
const withCharacterSet = (type: string, isExact: boolean, server: ServerVersion): string => {
  const { name } = partsOf(type);
  if (!isText.test(name) || / character set \w+ collate \w+$/.test(type)) return type;
  const collation = isExact || isList.test(name) ? ` collate ${exactCollation(server)}` : '';
  return `${type} character set utf8mb4${collation}`;
};

/** The columns of a relation in types that the server has, whatever source it comes from. */
const typedColumns = (relation: Relation, server: ServerVersion): readonly Column[] => {
  const key = relation.key ?? [];
  const kept = new Set(key);
  const types = relation.columns.map((column, at) => withoutCharacterSet(column, relation, kept.has(at), server));
  const inKey = fitKey(key.map((at) => types[at] ?? ''));
  for (const [place, at] of key.entries()) types[at] = inKey[place] ?? '';
  const fitted = fitRow(types, kept);
  return relation.columns.map((column, at) => ({
    ...column,
    native: withCharacterSet(fitted[at] ?? '', relation.dialect === undefined || kept.has(at), server),
  }));
};

/**
 * Where tables and columns of any source land at a MySQL or MariaDB server, in its own types. `Column.native` is all that a
 * definition says of a type: `varchar(20) character set utf8mb4 collate utf8mb4_0900_bin`. `foldsTables`: tables whose names
 * differ in case alone are one to the server, as columns always are.
 */
export const mysqlNames = (options: TargetNamesOptions, server: ServerVersion, foldsTables = false): TargetNames =>
  new TargetNames(options, {
    relation: (relation) => ({ ...relation, dialect: 'mysql', columns: typedColumns(relation, server) }),
    column: (column, of) => {
      const at = of.columns.findIndex(({ name }) => name === column.name);
      const columns = of.columns.map((each, index) => (index === at ? column : each));
      return (
        typedColumns(at < 0 ? { ...of, key: null, columns: [column] } : { ...of, columns }, server).at(at) ?? column
      );
    },
    foldedTable: (name) => (foldsTables ? name.toLowerCase() : name),
    foldedColumn: (name) => name.toLowerCase(),
  });

/** `mysqlNames`, as the server of a session takes names. */
export const readMysqlNames = async (
  session: ScriptSession,
  options: TargetNamesOptions,
  signal: AbortSignal,
): Promise<TargetNames> => {
  const [found] = await session.query<{ folds: string }>('SELECT @@lower_case_table_names <> 0 AS folds', [], {
    signal,
    doing: 'read how the target takes names',
  });
  return mysqlNames(options, session.server, found?.folds === '1');
};

import { qualifiedName, type Relation } from '@millrace/core';
import { quoteLiteral, type ScriptSession } from '@millrace/mysql-client';
import { type CatalogColumn, readColumns, type TablePlace } from '../evolve/catalog-column.ts';
import { bareType, partsOf } from '../target/bare-type.ts';
import type { TableAdditions } from './table-additions.ts';

/** What a table of the target has already. */
export interface ExistingStructure {
  readonly columns: readonly CatalogColumn[];
  /** Columns of each index in its order, by its name in lower case; `null`: an expression, or the beginning of a column. */
  readonly indexes: ReadonlyMap<string, readonly (string | null)[]>;
  /** Names of foreign keys and checks in lower case. */
  readonly constraints: ReadonlySet<string>;
  readonly comment: string;
}

const queriesOf = ({ schema, table }: TablePlace): readonly string[] => {
  const of = `TABLE_SCHEMA = ${quoteLiteral(schema)} AND TABLE_NAME = ${quoteLiteral(table)}`;
  return [
    `SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE ${of}`,
    `SELECT LOWER(INDEX_NAME), CASE WHEN SUB_PART IS NULL THEN COLUMN_NAME END FROM information_schema.STATISTICS
     WHERE ${of} ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
    `SELECT LOWER(CONSTRAINT_NAME) FROM information_schema.TABLE_CONSTRAINTS
     WHERE ${of} AND CONSTRAINT_TYPE IN ('FOREIGN KEY', 'CHECK')`,
  ];
};

/** By `schema.table` as the relations call them; a table that does not exist is not in the map. */
export const readExistingStructure = async (
  session: ScriptSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ExistingStructure>> => {
  const found = new Map<string, ExistingStructure>();
  if (relations.length === 0) return found;
  const columnsOf = await readColumns(session, relations, signal);
  for (const [at, relation] of relations.entries()) {
    const columns = columnsOf[at] ?? null;
    if (columns === null) continue;
    const doing = 'look at indexes and constraints of the target';
    const [about, parts, constraints] = await session.script(queriesOf(relation), { signal, doing });
    const indexes = new Map<string, (string | null)[]>();
    for (const [index, column = null] of parts?.rows ?? [])
      indexes.set(index ?? '', [...(indexes.get(index ?? '') ?? []), column]);
    found.set(qualifiedName(relation), {
      columns,
      indexes,
      constraints: new Set(constraints?.rows.map(([name]) => name ?? '')),
      comment: about?.rows[0]?.[0] ?? '',
    });
  }
  return found;
};

/** Of `character set utf8mb4` where nothing else is said. */
export const readDefaultCollation = async (session: ScriptSession, signal: AbortSignal): Promise<string> => {
  const rows = await session.query<{ name: string }>(
    `SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS WHERE CHARACTER_SET_NAME = 'utf8mb4' AND IS_DEFAULT = 'Yes'`,
    [],
    { signal, doing: 'look at collations of the target' },
  );
  return rows[0]?.name ?? '';
};

/** What a table will have that is to be made. */
export const newStructure = (
  { columns, key }: Relation,
  { autoIncrement, comments }: TableAdditions,
  defaultCollation: string,
): ExistingStructure => ({
  columns: columns
    .filter(({ generated }) => !generated)
    .map(({ name, native, nullable }, at): CatalogColumn => {
      const [, characterSet = null, collation = null] = / character set (\w+)(?: collate (\w+))?$/.exec(native) ?? [];
      return {
        name,
        dataType: partsOf(bareType(native)).name,
        type: bareType(native),
        nullable: nullable !== false && key?.includes(at) !== true,
        default: null,
        extra: autoIncrement === name ? 'auto_increment' : '',
        comment: comments.get(name) ?? '',
        characterSet,
        collation: characterSet === null ? null : (collation ?? defaultCollation),
        generated: false,
        srid: null,
      };
    }),
  indexes: new Map(key === null ? [] : [['primary', key.map((at) => columns[at]?.name ?? null)]]),
  constraints: new Set(),
  comment: comments.get(null) ?? '',
});

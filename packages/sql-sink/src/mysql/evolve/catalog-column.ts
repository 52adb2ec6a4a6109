import type { ScriptSession, ServerVersion } from '@millrace/mysql-client';
import { quoteLiteral } from '@millrace/mysql-client';

/** All that the server says of a column: what a definition that changes one thing of it has to say again. */
export interface CatalogColumn {
  readonly name: string;
  /** The type alone, in lower case. */
  readonly dataType: string;
  /** The whole type, without character set and collation. */
  readonly type: string;
  readonly nullable: boolean;
  /** As the server writes it, which is no SQL yet. */
  readonly default: string | null;
  readonly extra: string;
  readonly comment: string;
  readonly characterSet: string | null;
  readonly collation: string | null;
  readonly generated: boolean;
  /** The reference system that geometries must have. */
  readonly srid: string | null;
}

/** A table by the names of the target. */
export interface TablePlace {
  readonly schema: string;
  readonly table: string;
}

const selectColumns = ({ schema, table }: TablePlace, { kind }: ServerVersion): string =>
  `SELECT COLUMN_NAME, LOWER(DATA_TYPE), COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT, CHARACTER_SET_NAME,
  COLLATION_NAME, COALESCE(GENERATION_EXPRESSION, '') <> '', ${kind === 'mysql' ? 'SRS_ID' : 'NULL'}
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${quoteLiteral(schema)} AND TABLE_NAME = ${quoteLiteral(table)}
ORDER BY ORDINAL_POSITION`;

type Row = readonly (string | null)[];

const columnOf = (row: Row): CatalogColumn => {
  const [name, dataType, type, nullable, byDefault, extra, comment, characterSet, collation, generated, srid] = row;
  return {
    name: name ?? '',
    dataType: dataType ?? '',
    type: type ?? '',
    nullable: nullable === 'YES',
    default: byDefault ?? null,
    extra: extra ?? '',
    comment: comment ?? '',
    characterSet: characterSet ?? null,
    collation: collation ?? null,
    generated: generated === '1',
    srid: srid ?? null,
  };
};

/** The columns of each of these tables, in the same order; `null` for one that is not there. */
export const readColumns = async (
  session: ScriptSession,
  places: readonly TablePlace[],
  signal: AbortSignal,
): Promise<readonly (readonly CatalogColumn[] | null)[]> => {
  const statements = places.map((place) => selectColumns(place, session.server));
  const outcomes = await session.script(statements, { signal, doing: 'read the catalog of the target' });
  return outcomes.map(({ rows }) => (rows.length === 0 ? null : rows.map(columnOf)));
};

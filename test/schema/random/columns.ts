import type { TestDatabase } from '../../harness/index.ts';

export interface TypedColumn {
  readonly name: string;
  readonly type: string;
}

/** The columns of each table, with their types. */
export const columnsOf = async (
  database: TestDatabase,
  tables: readonly string[],
): Promise<ReadonlyMap<string, readonly TypedColumn[]>> => {
  const rows = await database.query<TypedColumn & { readonly table: string }>(
    `SELECT attrelid::regclass::text AS table, attname AS name, format_type(atttypid, atttypmod) AS type
     FROM pg_attribute WHERE attrelid = ANY ($1::regclass[]) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [tables],
  );
  return new Map(
    tables.map((table) => [table, rows.filter((row) => row.table === table).map(({ name, type }) => ({ name, type }))]),
  );
};

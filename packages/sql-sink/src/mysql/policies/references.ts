import { quoteLiteral, type ScriptSession } from '@millrace/mysql-client';
import type { TargetTable } from '../target/target-table.ts';

/** `database.table`, as the server calls it. */
const nameOf = ({ database, table }: Pick<TargetTable, 'database' | 'table'>): string => `${database}.${table}`;

/**
 * The foreign keys of other tables onto each of these, by `database.table`. Without checks the server would drop what they refer
 * to, and then refuse a table of that name that does not suit them.
 */
export const readReferences = async (
  session: ScriptSession,
  tables: readonly Pick<TargetTable, 'database' | 'table'>[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const references = new Map<string, string[]>();
  if (tables.length === 0) return references;
  const names = tables.map(({ database, table }) => `(${quoteLiteral(database)}, ${quoteLiteral(table)})`).join(', ');
  const rows = await session.query<Readonly<Record<'database' | 'table' | 'name' | 'onDatabase' | 'onTable', string>>>(
    `SELECT DISTINCT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, CONSTRAINT_NAME AS name,
       REFERENCED_TABLE_SCHEMA AS onDatabase, REFERENCED_TABLE_NAME AS onTable
     FROM information_schema.KEY_COLUMN_USAGE WHERE (REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME) IN (${names})`,
    [],
    { signal, doing: 'look for what refers to the target tables' },
  );
  const dropped = new Set(tables.map(nameOf));
  for (const { database, table, name, onDatabase, onTable } of rows) {
    if (dropped.has(nameOf({ database, table }))) continue;
    const on = nameOf({ database: onDatabase, table: onTable });
    references.set(on, [...(references.get(on) ?? []), `foreign key ${name} of table ${nameOf({ database, table })}`]);
  }
  return references;
};

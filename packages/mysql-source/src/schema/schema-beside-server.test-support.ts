import type { Connection } from 'mysql2/promise';
import { isUnknown, type SchemaState } from './model/schema-state.ts';
import { definitionOf } from './model/table-model.ts';
import type { SchemaSession } from './schema-session.ts';

export const sessionOf = (connection: Connection): SchemaSession => ({
  query: async (sql, values) => {
    const [rows] = await connection.query(sql, [...(values ?? [])]);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  },
});

/** What is compared: definitions, and what later statements depend on, in an order of its own. */
export const comparable = ({ databases }: SchemaState) =>
  Object.fromEntries(
    [...databases.values()].flatMap((database) =>
      [...database.tables.values()].map((table) => [
        `${table.schema}.${table.table}`,
        isUnknown(table)
          ? table
          : {
              ...definitionOf(table),
              collation: table.collation,
              keys: table.keys
                .map(({ name, kind, parts }) =>
                  JSON.stringify(kind === 'other' ? [name, parts.map(({ column }) => column)] : [name, kind, parts]),
                )
                .sort(),
            },
      ]),
    ),
  );

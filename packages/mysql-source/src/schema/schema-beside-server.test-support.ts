import type { Connection } from 'mysql2/promise';
import type { LogSession } from '../log-session.ts';
import { isUnknown, type SchemaState } from './model/schema-state.ts';
import { definitionOf } from './model/table-model.ts';

export const sessionOf = (connection: Connection): LogSession => ({
  query: async <Row>(sql: string, values: readonly unknown[] = []) => {
    const [rows] = await connection.query(sql, [...values]);
    return Array.isArray(rows) ? (rows as Row[]) : [];
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

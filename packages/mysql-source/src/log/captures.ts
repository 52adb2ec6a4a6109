import { capturedOperations, type SelectedTable } from '@millrace/core';

/** Whether a table is captured. */
export type Captures = (schema: string, table: string) => boolean;

const ofTheServer = /^(mysql|sys|performance_schema|information_schema)$/i;

/** What is asked for; with no names, everything in the database of the connection, or in all but the server's own. */
export const captures =
  (tables: readonly SelectedTable[], database: string | null): Captures =>
  (schema, table) =>
    tables.length === 0
      ? schema === (database ?? schema) && !ofTheServer.test(schema)
      : capturedOperations(tables, `${schema}.${table}`) !== null;

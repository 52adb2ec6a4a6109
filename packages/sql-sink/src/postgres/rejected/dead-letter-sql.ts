import { type PostgresSession, quoteLiteral, quoteQualified } from '@millrace/postgres-client';
import { currentLayout, layoutComment, lockCheckpointTable } from '../checkpoint/checkpoint-sql.ts';

/** Where rejected rows are kept, as SQL. */
const deadLetterTable = (schema: string): string => quoteQualified(schema, 'dead_letter');

const createDeadLetterTable = (schema: string): string => {
  const table = deadLetterTable(schema);
  return `CREATE TABLE IF NOT EXISTS ${table} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream text NOT NULL,
  sink text NOT NULL,
  table_name text NOT NULL,
  operation text NOT NULL,
  position text,
  sequence bigint,
  "row" jsonb,
  old_row jsonb,
  error_code text NOT NULL,
  error_column text,
  error_constraint text,
  saved_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS dead_letter_stream ON ${table} (stream, sink);
COMMENT ON TABLE ${table} IS ${quoteLiteral(layoutComment(currentLayout))}`;
};

export const insertDeadLetter = (schema: string): string =>
  `INSERT INTO ${deadLetterTable(schema)}
  (stream, sink, table_name, operation, position, sequence, "row", old_row, error_code, error_column, error_constraint)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;

export const countDeadLetters = (schema: string): string =>
  `SELECT count(*) AS rows FROM ${deadLetterTable(schema)} WHERE stream = $1 AND sink = $2`;

/** Makes the table if it is missing. Any number of processes may do so at once. */
export const ensureDeadLetterTable = async (
  session: PostgresSession,
  schema: string,
  signal: AbortSignal,
): Promise<void> => {
  const options = { signal, doing: 'create the table for rejected rows' };
  const found = await session.query<{ oid: string | null }>(
    'SELECT to_regclass($1) AS oid',
    [deadLetterTable(schema)],
    options,
  );
  if (found.rows[0]?.oid != null) return;
  const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';
  const statements = [begin, lockCheckpointTable(schema), createDeadLetterTable(schema), 'COMMIT'];
  await session.script(statements.join(';\n'), options);
};

import { qualifiedName, type Relation, type SchemaPlan, type SinkContext } from '@millrace/core';
import { type PostgresSession, postgresErrorOf } from '@millrace/postgres-client';
import { creationStatements } from './create-table.ts';
import { readTargetTables } from './read-target-tables.ts';
import { planTable } from './table-plan.ts';
import type { TargetTable } from './target-table.ts';

/** Two streams may make the same tables at once. */
const lockTables = "SELECT pg_advisory_xact_lock(hashtextextended('millrace tables', 0))";

const existingSchemas = async (
  session: PostgresSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const { rows } = await session.query<{ name: string }>(
    'SELECT nspname AS name FROM pg_namespace WHERE nspname = ANY($1)',
    [relations.map(({ schema }) => schema)],
    { signal, doing: 'read the schemas of the target' },
  );
  return new Set(rows.map(({ name }) => name));
};

/** What `prepareTables` would run, and the tables that are there. */
export const planTables = async (
  session: PostgresSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<SchemaPlan & { readonly tables: ReadonlyMap<string, TargetTable> }> => {
  const tables = await readTargetTables(session, relations, signal);
  const schemas = await existingSchemas(session, relations, signal);
  return { statements: creationStatements(relations, schemas, tables), tables };
};

/** The columns of tables to be made whose types the target does not have. */
export const missingTypes = async (
  session: PostgresSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<readonly { readonly table: string; readonly column: string; readonly type: string }[]> => {
  const columns = relations.flatMap((relation) =>
    relation.columns
      .filter(({ generated }) => !generated)
      .map(({ name, native }) => ({ table: qualifiedName(relation), column: name, type: native })),
  );
  // Length and precision are no part of a type's name; before PostgreSQL 16 they could even be an error here.
  const bare = columns.map(({ type }) => type.replace(/\([\d, -]+\)/, ''));
  const { rows } = await session.query<{ type: string }>(
    'SELECT DISTINCT t.name AS type FROM unnest($1::text[]) AS t(name) WHERE to_regtype(t.name) IS NULL',
    [bare],
    { signal, doing: 'look for the types of the new tables' },
  );
  const unknown = new Set(rows.map(({ type }) => type));
  return columns.filter((_, index) => unknown.has(bare[index] ?? ''));
};

/**
 * Makes what is missing in one transaction, and checks what is there. Rejects `SCHEMA_MISMATCH` for a type that the
 * target does not have and for a table that does not fit. Columns computed at the source are reported as warnings.
 */
export const prepareTables = async (
  session: PostgresSession,
  relations: readonly Relation[],
  { report, missingColumns }: Pick<SinkContext, 'report' | 'missingColumns'>,
  signal: AbortSignal,
): Promise<void> => {
  const doing = 'create the target tables';
  const plan = await planTables(session, relations, signal);
  const { statements } = plan;
  let { tables } = plan;
  if (statements.length > 0) {
    const created = new Set(statements.map(({ table }) => table));
    const missing = relations.filter((relation) => created.has(qualifiedName(relation)));
    const [unknown] = await missingTypes(session, missing, signal);
    if (unknown !== undefined)
      throw postgresErrorOf(
        'SCHEMA_MISMATCH',
        `Could not create ${unknown.table}: the target has no type ${unknown.type} for column "${unknown.column}"`,
        {
          hint: 'Create the type or install its extension at the target, or create the table yourself.',
          details: unknown,
        },
      );
    await session.script(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${lockTables}`, { signal, doing });
    // Planned again under the lock: another stream may have made some of them meanwhile.
    const { statements: locked } = await planTables(session, relations, signal);
    for (const { sql, table } of locked) await session.query(sql, [], { signal, doing: `create ${table}` });
    await session.query('COMMIT', [], { signal, doing });
    reportSkippedColumns(missing, report);
    tables = await readTargetTables(session, relations, signal);
  }
  for (const relation of relations) planTable(0, relation, tables.get(qualifiedName(relation)), missingColumns);
};

const reportSkippedColumns = (relations: readonly Relation[], report: SinkContext['report']): void => {
  for (const relation of relations)
    for (const { name, generated } of relation.columns) {
      if (!generated) continue;
      const table = qualifiedName(relation);
      report({
        type: 'warning',
        code: 'GENERATED_COLUMN_SKIPPED',
        message: `${table} was created without column "${name}": the source computes it, and its log does not say how`,
        details: { table, column: name },
      });
    }
};

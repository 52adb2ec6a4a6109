import { qualifiedName, type Relation, type SchemaPlan, type SinkContext } from '@millrace/core';
import { type PostgresSession, postgresErrorOf } from '@millrace/postgres-client';
import { sqlSinkError } from '../../error-table.ts';
import type { PolicyProblem } from '../../policies/policy-problem.ts';
import type { WantedTable } from '../../policies/wanted-table.ts';
import { reportSkippedColumns } from '../../target/skipped-columns.ts';
import type { Claim } from '../checkpoint/checkpoint-sql.ts';
import { recordPreparedTables } from '../checkpoint/prepared-tables.ts';
import { planPolicies } from '../policies/plan-policies.ts';
import { claimLost } from '../target-transaction.ts';
import { creationStatements } from './create-table.ts';
import { longNameOf } from './long-names.ts';
import { readTargetTables } from './read-target-tables.ts';
import { planTable } from './table-plan.ts';
import type { TargetTable } from './target-table.ts';

/** Two streams may make the same tables at once. */
const lockTables = "SELECT pg_advisory_xact_lock(hashtextextended('millrace tables', 0))";

export const existingSchemas = async (
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

/** What is to be run at the target, and what is there. */
export interface TargetPlan extends SchemaPlan {
  /** What the policies of the tables refuse. */
  readonly problems: readonly PolicyProblem[];
  /** The tables that will stay. */
  readonly tables: ReadonlyMap<string, TargetTable>;
}

/** What `prepareTables` would run. */
export const planTables = async (
  session: PostgresSession,
  wanted: readonly WantedTable[],
  signal: AbortSignal,
): Promise<TargetPlan> => {
  const relations = wanted.map(({ relation }) => relation);
  const targets = await readTargetTables(session, relations, signal);
  const schemas = await existingSchemas(session, relations, signal);
  const { problems, dropped, statements } = await planPolicies(session, wanted, targets, signal);
  const tables = new Map([...targets].filter(([name]) => !dropped.has(name)));
  const made = wanted.filter(({ schemaPolicy }) => schemaPolicy !== 'validate-existing');
  const creation = creationStatements(
    made.map(({ relation }) => relation),
    schemas,
    tables,
  );
  return { problems, statements: [...statements, ...creation], tables };
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
 * Makes what is missing, does what the policies say, and records that in one transaction with it, so that it is done once;
 * then checks what is there. Rejects with the first problem of the policies, or `SCHEMA_MISMATCH` for a type that the target
 * does not have and for a table that does not fit, `NAME_TOO_LONG` for a name that it would cut off. Columns computed at the source are reported as warnings.
 */
export const prepareTables = async (
  session: PostgresSession,
  wanted: readonly WantedTable[],
  claim: Claim,
  { report, missingColumns }: Pick<SinkContext, 'report' | 'missingColumns'>,
  signal: AbortSignal,
): Promise<void> => {
  const doing = 'create the target tables';
  let { tables, ...plan } = await planTables(session, wanted, signal);
  requireNoProblem(plan.problems);
  const due = wanted.filter(({ isDue }) => isDue).map(({ name }) => name);
  if (plan.statements.length + due.length > 0) {
    const missing = wanted.map(({ relation }) => relation).filter((relation) => !tables.has(qualifiedName(relation)));
    requireNames(missing);
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
    plan = await planTables(session, wanted, signal);
    requireNoProblem(plan.problems);
    for (const { sql, table, kind } of plan.statements)
      await session.query(sql, [], { signal, doing: `${kind.replace('-', ' ')} ${table}` });
    if (due.length > 0) await recordPrepared(session, claim, due, signal);
    await session.query('COMMIT', [], { signal, doing });
    reportSkippedColumns(missing, report);
    const relations = wanted.map(({ relation }) => relation);
    tables = await readTargetTables(session, relations, signal);
  }
  for (const { relation } of wanted) planTable(0, relation, tables.get(qualifiedName(relation)), missingColumns);
};

const requireNames = (relations: readonly Relation[]): void => {
  for (const relation of relations) {
    const long = longNameOf(relation);
    if (long !== undefined)
      throw sqlSinkError('NAME_TOO_LONG', long.message, {
        hint: long.fix,
        details: { table: qualifiedName(relation) },
      });
  }
};

/** The last statement of the transaction, so that the checkpoint is locked only for a moment. */
const recordPrepared = async (
  session: PostgresSession,
  claim: Claim,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  const doing = 'record which target tables were prepared';
  const { rowCount } = await session.query(recordPreparedTables(claim, tables), [], { signal, doing });
  if (rowCount !== 1) throw claimLost(claim);
};

const requireNoProblem = (problems: readonly PolicyProblem[]): void => {
  const [problem] = problems;
  if (problem === undefined) return;
  const { code, message, fix, table } = problem;
  const rest = { hint: fix ?? undefined, details: { table } };
  throw code === 'PERMISSION_DENIED' ? postgresErrorOf(code, message, rest) : sqlSinkError(code, message, rest);
};

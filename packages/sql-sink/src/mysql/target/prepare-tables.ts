import { qualifiedName, type Relation, type SchemaPlan, type SinkContext } from '@millrace/core';
import { mysqlErrorOf, quoteLiteral, type ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import type { PolicyProblem } from '../../policies/policy-problem.ts';
import type { WantedTable } from '../../policies/wanted-table.ts';
import { reportSkippedColumns } from '../../target/skipped-columns.ts';
import { withGrant } from '../checkpoint/checkpoint-grant.ts';
import { type Claim, probeClaim } from '../checkpoint/checkpoint-sql.ts';
import { claimLost } from '../checkpoint/claim-lost.ts';
import { readPreparedTables, recordPreparedTables } from '../checkpoint/prepared-tables.ts';
import { planPolicies } from '../policies/plan-policies.ts';
import type { TableAdditions } from '../structure/table-additions.ts';
import { creationStatements } from './create-table.ts';
import { readTargetTables } from './read-target-tables.ts';
import { planTable } from './table-plan.ts';
import { withTablesLock } from './tables-lock.ts';
import type { TargetTable } from './target-table.ts';

/** The databases of these tables that exist, as the tables call them. */
const existingDatabases = async (
  session: ScriptSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const wanted = [...new Set(relations.map(({ schema }) => schema))];
  if (wanted.length === 0) return new Set();
  const names = wanted.map(quoteLiteral).join(', ');
  const rows = await session.query<{ name: string; exact: string }>(
    `SELECT SCHEMA_NAME AS name, @@lower_case_table_names = 0 AS exact FROM information_schema.SCHEMATA
     WHERE SCHEMA_NAME IN (${names})`,
    [],
    { signal, doing: 'read the databases of the target' },
  );
  const folded = (name: string) => (rows[0]?.exact === '0' ? name.toLowerCase() : name);
  const found = new Set(rows.map(({ name }) => folded(name)));
  return new Set(wanted.filter((name) => found.has(folded(name))));
};

/** What is to be run at the target, and what is there. */
export interface TargetPlan extends SchemaPlan {
  /** What the policies of the tables refuse. */
  readonly problems: readonly PolicyProblem[];
  /** How many of the statements carry out policies, ahead of those that make tables. */
  readonly policies: number;
  /** The tables that will stay. */
  readonly tables: ReadonlyMap<string, TargetTable>;
}

/** What tables get when they are made, by their name at the target. */
export type TablesAdditions = ReadonlyMap<string, TableAdditions>;

const noTables: TablesAdditions = new Map();

/** What `prepareTables` would run. */
export const planTables = async (
  session: ScriptSession,
  wanted: readonly WantedTable[],
  signal: AbortSignal,
  additions: TablesAdditions = noTables,
): Promise<TargetPlan> => {
  const relations = wanted.map(({ relation }) => relation);
  const targets = await readTargetTables(session, relations, signal);
  const databases = await existingDatabases(session, relations, signal);
  const { problems, dropped, statements } = await planPolicies(session, wanted, targets, signal);
  const tables = new Map([...targets].filter(([name]) => !dropped.has(name)));
  const made = wanted.filter(({ schemaPolicy }) => schemaPolicy !== 'validate-existing');
  const creation = creationStatements(
    made.map(({ relation }) => relation),
    databases,
    tables,
    additions,
  );
  return { problems, statements: [...statements, ...creation], policies: statements.length, tables };
};

const requireNoProblem = ([problem]: readonly PolicyProblem[]): void => {
  if (problem === undefined) return;
  const { code, message, fix, table } = problem;
  const rest = { hint: fix ?? undefined, details: { table } };
  throw code === 'PERMISSION_DENIED' ? mysqlErrorOf(code, message, rest) : sqlSinkError(code, message, rest);
};

const recordPrepared = async (
  session: ScriptSession,
  claim: Claim,
  due: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  const before = await readPreparedTables(session, claim, signal);
  const record = recordPreparedTables(claim, new Set([...before, ...due]));
  const [outcome] = await session.script([record], { signal, doing: 'record which target tables were prepared' });
  if (outcome?.affectedRows !== 1) throw claimLost(claim);
};

/**
 * Makes what is missing and does what the policies say, then checks what is there. Every statement commits by itself here:
 * what is dropped and emptied is recorded behind that, ahead of new tables and of every row. Whatever comes in between, it
 * is done again where no row was written, or found done; a table that "fail-if-exists" has made is not met as a foreign one.
 * Rejects with the first problem of the policies, `SCHEMA_MISMATCH` for a table that does not fit, `FENCED` when the claim
 * is lost, before anything is dropped. Columns computed at the source are reported as warnings.
 */
export const prepareTables = async (
  session: ScriptSession,
  wanted: readonly WantedTable[],
  claim: Claim,
  { report, missingColumns = 'error' }: Pick<SinkContext, 'report' | 'missingColumns'>,
  signal: AbortSignal,
  additions: TablesAdditions = noTables,
): Promise<void> => {
  const relations = wanted.map(({ relation }) => relation);
  const { tables: before, ...plan } = await planTables(session, wanted, signal, additions);
  requireNoProblem(plan.problems);
  const due = wanted.filter(({ isDue }) => isDue).map(({ name }) => name);
  let tables = before;
  if (plan.statements.length + due.length > 0) {
    await withTablesLock(session, signal, () => carryOut(session, wanted, claim, due, signal, additions));
    tables = await readTargetTables(session, relations, signal);
    reportSkippedColumns(
      relations.filter((relation) => !before.has(qualifiedName(relation))),
      report,
    );
  }
  for (const { relation, source } of wanted)
    planTable(0, relation, tables.get(qualifiedName(relation)), missingColumns, source, session.server);
};

/** Planned again under the lock: another stream may have made some of the tables meanwhile. */
const carryOut = async (
  session: ScriptSession,
  wanted: readonly WantedTable[],
  claim: Claim,
  due: readonly string[],
  signal: AbortSignal,
  additions: TablesAdditions,
): Promise<void> => {
  const { problems, statements, policies } = await planTables(session, wanted, signal, additions);
  requireNoProblem(problems);
  const databases = new Map(wanted.map(({ relation }) => [qualifiedName(relation), relation.schema]));
  const run = async (part: SchemaPlan['statements']) => {
    for (const { sql, table, kind } of part)
      await withGrant(session, databases.get(table) ?? '', signal, () =>
        session.script([sql], { signal, doing: `${kind.replace('-', ' ')} ${table}` }),
      );
  };
  // Whoever takes over ends this connection first: nothing is dropped behind its back.
  const owned = await session.query(probeClaim(claim), [], { signal, doing: 'create the target tables' });
  if (owned.length === 0) throw claimLost(claim);
  await run(statements.slice(0, policies));
  if (due.length > 0) await recordPrepared(session, claim, due, signal);
  await run(statements.slice(policies));
};

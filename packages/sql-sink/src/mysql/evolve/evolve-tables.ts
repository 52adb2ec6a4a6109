import {
  type EvolutionStep,
  MillraceError,
  qualifiedName,
  type Relation,
  type SinkContext,
  type TableEvolution,
} from '@millrace/core';
import { errnoOf, type ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import type { TargetNames } from '../../target/target-names.ts';
import type { Claim } from '../checkpoint/checkpoint-sql.ts';
import { readTargetTables } from '../target/read-target-tables.ts';
import { readColumns } from './catalog-column.ts';
import { EvolutionLog, type PendingStep } from './evolution-log.ts';
import {
  creation,
  type EvolvingTable,
  evolutionStatements,
  type PlannedStatement,
  RefusedStep,
  renaming,
} from './evolution-statements.ts';
import { withExactDefaults } from './exact-defaults.ts';
import { meets, readShapes } from './table-shape.ts';

export interface EvolveOptions {
  readonly names: TargetNames;
  /** A table that is to be made, in the form in which its rows are written; `null`: it is not ours to make. */
  readonly made: (relation: Relation) => Relation | null;
  readonly report: SinkContext['report'];
}

/** What is to be done at one place of the log. */
export interface PlacedEvolutions {
  readonly evolutions: readonly TableEvolution[];
  /** The same when the same evolutions come again after a crash, and another one for other evolutions. */
  readonly place: string;
}

/** A step, and its table as the target and as the source calls it. */
interface NamedStep {
  readonly step: EvolutionStep;
  readonly relation: Relation;
  readonly source: Relation;
}

/**
 * Makes tables of the target follow their sources, outside of a transaction and exactly once: each statement commits by itself,
 * and a log in the row of the checkpoint says which are done. While it runs, the session holds the lock of the connection
 * that writes. Rejects `FENCED` when another connection owns the row, `SCHEMA_CHANGE_FAILED` where a step that may not be
 * skipped cannot be done, and `SCHEMA_UNEXPECTED` where something else has changed a table behind a statement whose
 * outcome was lost. Whatever it rejects with, the same evolutions may be given to another session.
 */
export const evolveTables = async (
  session: ScriptSession,
  claim: Claim,
  { evolutions, place }: PlacedEvolutions,
  options: EvolveOptions,
  signal: AbortSignal,
): Promise<void> => {
  const log = await EvolutionLog.read(session, claim, place, signal);
  for (const evolution of evolutions) {
    const { relation, steps } = options.names.evolution(evolution);
    for (const step of steps)
      await runStep({ step, relation, source: evolution.relation }, { session, log, options, signal });
  }
  await log.close(signal);
};

interface Run {
  readonly session: ScriptSession;
  readonly log: EvolutionLog;
  readonly options: EvolveOptions;
  readonly signal: AbortSignal;
}

/** A step as the log knows it: what to do about a failure may be decided anew. */
const nameOf = ({ step: { otherwise: _, ...step }, relation }: NamedStep): string =>
  JSON.stringify([qualifiedName(relation), step]);

const runStep = async (named: NamedStep, run: Run): Promise<void> => {
  const { log, options, signal } = run;
  const name = nameOf(named);
  if (log.passes(name)) return;
  const pending = log.pending(name);
  try {
    const statements = pending === null ? await planStep(named, run) : await leftOf(pending, named, run);
    await runStatements(name, statements, run);
  } catch (error) {
    if (!(error instanceof RefusedStep)) throw error;
    await log.giveUp(signal);
    refused(named, error, options.report);
  }
  log.end(name);
};

const runStatements = async (
  name: string,
  planned: readonly PlannedStatement[],
  { session, log, signal }: Run,
): Promise<void> => {
  for (const [index, { sql, after }] of planned.entries()) {
    const before = await readShapes(session, after, signal);
    await log.begin(name, { statements: planned.slice(index), before }, signal);
    try {
      await session.script([sql], { signal, doing: 'change a table of the target' });
    } catch (error) {
      throw isRefused(error) ? new RefusedStep(sql, error.message, error) : error;
    }
  }
};

/** What may pass by itself is no refusal. */
const isRefused = (error: unknown): error is MillraceError =>
  error instanceof MillraceError && errnoOf(error) !== null && error.recovery !== 'retry';

const planStep = async (
  { step, relation, source }: NamedStep,
  { session, options, signal }: Run,
): Promise<readonly PlannedStatement[]> => {
  const place = step.kind === 'rename-table' ? step.from : relation;
  const target = await readTable(session, place, signal);
  if (step.kind === 'create-table') {
    const made = target === null ? options.made(source) : null;
    return made === null ? [] : created(session, options.names.of(made), signal);
  }
  if (target === null) return [];
  if (step.kind === 'rename-table') return renaming(target, relation);
  return evolutionStatements(step, target, { relation, dialect: source.dialect, server: session.server });
};

const readTable = async (
  session: ScriptSession,
  place: Pick<Relation, 'schema' | 'table'>,
  signal: AbortSignal,
): Promise<EvolvingTable | null> => {
  const found = (await readTargetTables(session, [place], signal)).get(qualifiedName(place));
  if (found === undefined) return null;
  const { database: schema, table, uniqueIndexes } = found;
  const [columns] = await readColumns(session, [{ schema, table }], signal);
  return {
    schema,
    table,
    uniqueIndexes,
    ...(await withExactDefaults(session, { schema, table }, columns ?? [], signal)),
    foreignKeys: await readForeignKeys(session, place, signal),
  };
};

const readForeignKeys = async (
  session: ScriptSession,
  { schema, table }: Pick<Relation, 'schema' | 'table'>,
  signal: AbortSignal,
): Promise<EvolvingTable['foreignKeys']> => {
  const rows = await session.query<{ readonly name: string; readonly own: string }>(
    `SELECT CONSTRAINT_NAME AS name, COLUMN_NAME AS own FROM information_schema.KEY_COLUMN_USAGE
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND REFERENCED_TABLE_NAME IS NOT NULL`,
    [schema, table],
    { signal, doing: 'look for foreign keys of the target' },
  );
  const names = [...new Set(rows.map(({ name }) => name))];
  return names.map((name) => ({ name, columns: rows.filter((row) => row.name === name).map(({ own }) => own) }));
};

const created = async (
  session: ScriptSession,
  relation: Relation,
  signal: AbortSignal,
): Promise<readonly PlannedStatement[]> => {
  const databases = await session.query(
    'SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
    [relation.schema],
    { signal, doing: 'look for a database of the target' },
  );
  return creation(relation, databases.length > 0);
};

/** What is left of a step whose statement may have been carried out, or not. */
const leftOf = async (
  { statements, before }: PendingStep,
  { relation }: NamedStep,
  { session, signal }: Run,
): Promise<readonly PlannedStatement[]> => {
  const [first] = statements;
  const found = await readShapes(session, before, signal);
  if (first === undefined || meets(found, before)) return statements;
  if (meets(found, first.after)) return statements.slice(1);
  throw sqlSinkError(
    'SCHEMA_UNEXPECTED',
    `${qualifiedName(relation)} is neither as it was before a statement whose outcome was lost, nor as it should be behind it`,
    {
      hint: `Give the table the shape that this leaves behind, then recover('retry'):\n${first.sql};`,
      details: { table: qualifiedName(relation), statement: first.sql, before, after: first.after, found },
    },
  );
};

const refused = (
  { step, relation }: NamedStep,
  { statement, message: reason, cause }: RefusedStep,
  report: SinkContext['report'],
): void => {
  const table = qualifiedName(relation);
  const details = { table, statement, errno: errnoOf(cause), reason };
  const message = `The target did not let ${table} follow its source: ${statement}`;
  if (step.otherwise === 'fail')
    throw sqlSinkError('SCHEMA_CHANGE_FAILED', message, {
      hint: `Run it at the target in a way that works there, then recover('retry'):\n${statement};`,
      details,
      cause,
    });
  report({ type: 'warning', code: 'SCHEMA_CHANGE_SKIPPED', message, details });
};

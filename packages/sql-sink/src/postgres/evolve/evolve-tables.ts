import {
  type EvolutionStep,
  qualifiedName,
  type Relation,
  type SinkContext,
  type TableEvolution,
} from '@millrace/core';
import { type PostgresSession, sqlstateOf } from '@millrace/postgres-client';
import { sqlSinkError } from '../../error-table.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { creationStatements } from '../target/create-table.ts';
import { longName, longNameOf } from '../target/long-names.ts';
import { existingSchemas } from '../target/prepare-tables.ts';
import { readTargetTables } from '../target/read-target-tables.ts';
import type { TargetTable } from '../target/target-table.ts';
import { castingDefault, evolutionStatements, renameStatements } from './evolution-statements.ts';

export interface EvolveOptions {
  readonly names: TargetNames;
  /** A table that is to be made, in the form in which its rows are written; `null`: it is not ours to make. */
  readonly made: (relation: Relation) => Relation | null;
  /** Columns have the defaults of their sources, and get other ones with them. */
  readonly defaults: boolean;
  readonly report: SinkContext['report'];
}

/** `datatype_mismatch` */
const mismatch = '42804';

interface Refused {
  readonly statement: string;
  readonly error: unknown;
}

/** `isTried`: what the server refuses leaves nothing behind. */
const run = async (
  session: PostgresSession,
  statements: readonly string[],
  isTried: boolean,
  signal: AbortSignal,
): Promise<Refused | null> => {
  const options = { signal, doing: 'change a table of the target' };
  if (isTried) await session.query('SAVEPOINT millrace_step', [], options);
  for (const statement of statements)
    try {
      await session.query(statement, [], options);
    } catch (error) {
      signal.throwIfAborted();
      if (sqlstateOf(error) === null) throw error;
      if (isTried) await session.query('ROLLBACK TO SAVEPOINT millrace_step', [], options);
      return { statement, error };
    }
  if (isTried) await session.query('RELEASE SAVEPOINT millrace_step', [], options);
  return null;
};

/** Statements of a step, and others where a type does not fit. */
interface StepStatements {
  readonly statements: readonly string[];
  readonly otherwise: readonly string[] | null;
}

/** Inside a transaction that has begun. What the server refuses of a step that may be skipped leaves nothing behind. */
const runStep = async (
  session: PostgresSession,
  step: EvolutionStep,
  { statements, otherwise }: StepStatements,
  signal: AbortSignal,
): Promise<Refused | null> => {
  const maySkip = step.otherwise === 'skip';
  const failed = await run(session, statements, maySkip || otherwise !== null, signal);
  const isOther = otherwise !== null && failed !== null && sqlstateOf(failed.error) === mismatch;
  return isOther ? run(session, otherwise, maySkip, signal) : failed;
};

/**
 * Makes tables of the target follow their sources, inside a transaction that has begun. Rejects `SCHEMA_CHANGE_FAILED`
 * where the server refuses a step that may not be skipped.
 */
export const evolveTables = async (
  session: PostgresSession,
  evolutions: readonly TableEvolution[],
  { names, made, defaults, report }: EvolveOptions,
  signal: AbortSignal,
): Promise<void> => {
  for (const evolution of evolutions) {
    const { relation, steps } = names.evolution(evolution);
    for (const step of steps) {
      if (step.kind === 'alter-column-default' && !defaults) continue;
      const place = step.kind === 'rename-table' ? step.from : relation;
      const target = (await readTargetTables(session, [place], signal)).get(qualifiedName(place));
      const planned =
        step.kind === 'create-table'
          ? await createdStatements(session, target === undefined ? made(evolution.relation) : null, names, signal)
          : stepStatements(step, target, relation);
      if (planned.statements.length === 0) continue;
      const failed = tooLong(step, relation, planned) ?? (await runStep(session, step, planned, signal));
      if (failed !== null) refused(qualifiedName(relation), step, failed, report);
    }
  }
};

/** The server would cut the name off, and others would not find what has it. */
const tooLong = (
  step: EvolutionStep,
  relation: Relation,
  { statements: [statement = ''] }: StepStatements,
): Refused | null => {
  const long = step.kind === 'create-table' ? longNameOf(relation) : longName(relation, namesGiven(step, relation));
  return long === undefined
    ? null
    : { statement, error: sqlSinkError('NAME_TOO_LONG', long.message, { hint: long.fix }) };
};

const namesGiven = (step: EvolutionStep, { schema, table }: Relation): readonly string[] => {
  if (step.kind === 'rename-table') return [schema, table];
  if (step.kind === 'rename-column') return [step.name];
  return step.kind === 'add-column' ? [step.column.name] : [];
};

const only = (statements: readonly string[]): StepStatements => ({ statements, otherwise: null });

const stepStatements = (
  step: Exclude<EvolutionStep, { readonly kind: 'create-table' }>,
  target: TargetTable | undefined,
  relation: Relation,
): StepStatements => {
  if (target === undefined) return only([]);
  if (step.kind === 'rename-table') return only(renameStatements(target, relation));
  return { statements: evolutionStatements(step, target), otherwise: castingDefault(step, target) };
};

const createdStatements = async (
  session: PostgresSession,
  relation: Relation | null,
  names: TargetNames,
  signal: AbortSignal,
): Promise<StepStatements> => {
  if (relation === null) return only([]);
  const missing = [names.of(relation)];
  const schemas = await existingSchemas(session, missing, signal);
  return only(creationStatements(missing, schemas, new Set()).map(({ sql }) => sql));
};

const refused = (
  table: string,
  { otherwise }: EvolutionStep,
  { statement, error }: Refused,
  report: SinkContext['report'],
): void => {
  const details = { table, statement, sqlstate: sqlstateOf(error) };
  const message = `The target did not let ${table} follow its source: ${statement}`;
  if (otherwise === 'fail')
    throw sqlSinkError('SCHEMA_CHANGE_FAILED', message, {
      hint: `Run it at the target in a way that works there (e.g. with another USING expression), then recover('retry'):\n${statement};`,
      details,
      cause: error,
    });
  report({ type: 'warning', code: 'SCHEMA_CHANGE_SKIPPED', message, details });
};

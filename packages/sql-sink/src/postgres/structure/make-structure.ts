import { setTimeout as pause } from 'node:timers/promises';
import type { Relation, SinkContext } from '@millrace/core';
import { type PostgresSession, quoteLiteral, sqlstateOf } from '@millrace/postgres-client';
import type { MadeWarning } from '../../structure/structure-builder.ts';
import { type StructureOption, structuredTables } from '../../structure/structure-option.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { isTrue } from '../boolean-text.ts';
import { disableTriggers } from '../sink-session.ts';
import { readExistingStructure } from './existing-structure.ts';
import { translateTables } from './foreign-parts.ts';
import { planStructure, type StructureStatement, type StructureTask, type UnfinishedIndex } from './plan-structure.ts';

export interface StructureMakerOptions {
  readonly openSession: (signal: AbortSignal) => Promise<PostgresSession>;
  readonly option: StructureOption;
  /** Of the sink of a stream: only one process makes its structure at a time. */
  readonly name: string;
  readonly names: TargetNames;
  readonly context: Pick<SinkContext, 'structure'>;
}

/** How long a statement that writers wait for may wait itself, ms: not long enough for the server to look for deadlocks. */
const lockTimeout = 300;
const lockAttempts = 60;
const lockPause = 200;

/** Makes what tables have at the source beside columns and key. Once it has failed at something it leaves that to the next. */
export class StructureMaker {
  readonly #options: StructureMakerOptions;
  readonly #failed = new Set<string>();

  constructor(options: StructureMakerOptions) {
    this.#options = options;
  }

  /** Of tables that are live. What cannot be made is a warning. */
  async make(live: readonly Relation[], warn: (warning: MadeWarning) => void, signal: AbortSignal): Promise<void> {
    const { openSession, option, context, names } = this.#options;
    const described = await structuredTables(option, context, live, names, signal);
    const { tables, warnings } = translateTables(described);
    await using session = await openSession(signal);
    await this.#prepare(session, signal);
    const existing = await readExistingStructure(
      session,
      live.map((relation) => names.of(relation)),
      signal,
    );
    const mayReplicate = await disableTriggers(session, signal);
    if (mayReplicate) await session.query('RESET session_replication_role', [], { signal });
    for (const warning of warnings) warn({ ...warning, statement: '' });
    for (const task of planStructure(tables, existing)) {
      if (this.#failed.has(keyOf(task))) continue;
      const reason =
        task.part === 'foreign-key' && !mayReplicate
          ? 'it would act on rows that are copies, and the role may not switch it off in its sessions'
          : await makePart(session, task, signal);
      if (reason === null) continue;
      this.#failed.add(keyOf(task));
      const { table, part, name } = task;
      const statement = task.statements.map(({ sql }) => `${sql};`).join(' ');
      warn({ code: 'STRUCTURE_NOT_MADE', table, part, name, reason, statement });
    }
  }

  /** Waits for the builder of a process that has ended, whose server process may still be at it. */
  async #prepare(session: PostgresSession, signal: AbortSignal): Promise<void> {
    const doing = 'prepare to make indexes and constraints';
    // The sink's own statements are planned without them.
    await session.script('SET enable_hashjoin = on; SET enable_mergejoin = on', { signal, doing });
    // Not every platform can tell that a client is gone.
    await session.query("SET client_connection_check_interval = '1s'", [], { signal, doing }).catch(() => {});
    const lock = `SELECT pg_try_advisory_lock(hashtextextended(${quoteLiteral(`millrace structure ${this.#options.name}`)}, 0)) AS held`;
    // Waiting for the lock itself would make an index wait that is made concurrently.
    while (!isTrue((await session.query<{ held: string }>(lock, [], { signal, doing })).rows[0]?.held ?? null))
      await pause(lockPause, undefined, { signal });
  }
}

/** `null`: it is made; otherwise why not. */
const makePart = async (
  session: PostgresSession,
  task: StructureTask,
  signal: AbortSignal,
  attempts = 3,
): Promise<string | null> => {
  try {
    for (const statement of task.statements) await run(session, statement, signal);
    return null;
  } catch (error) {
    const sqlstate = sqlstateOf(error);
    if (sqlstate === null || signal.aborted) throw error;
    const isDropped = task.index !== null && (await dropUnfinished(session, task.index, signal));
    // The stream may alter the table while its index is made.
    if (isDropped && sqlstate === '40P01' && attempts > 1) return makePart(session, task, signal, attempts - 1);
    return error instanceof Error ? error.message : `SQLSTATE ${sqlstate}`;
  }
};

/** What has the name may be somebody else's. */
const dropUnfinished = async (
  session: PostgresSession,
  { name, table, drop }: UnfinishedIndex,
  signal: AbortSignal,
): Promise<boolean> => {
  const options = { signal, doing: 'drop an index that is not complete' };
  const find = `SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND indrelid = to_regclass($2) AND NOT indisvalid`;
  const { rowCount } = await session.query(find, [name, table], options);
  if (rowCount > 0) await session.query(drop, [], options);
  return rowCount > 0;
};

const run = async (
  session: PostgresSession,
  { sql, kind, blocks }: StructureStatement,
  signal: AbortSignal,
): Promise<void> => {
  const doing = kind.replace('-', ' ');
  await session.query(`SET lock_timeout = ${blocks ? lockTimeout : 0}`, [], { signal, doing });
  for (let attempt = 1; ; attempt++)
    try {
      await session.query(sql, [], { signal, doing });
      return;
    } catch (error) {
      if (sqlstateOf(error) !== '55P03' || attempt === lockAttempts) throw error;
      await pause(lockPause, undefined, { signal });
    }
};

const keyOf = ({ statements }: StructureTask): string => statements.at(-1)?.sql ?? '';

import { setTimeout as pause } from 'node:timers/promises';
import { qualifiedName, type Relation, type SinkContext } from '@millrace/core';
import { type PostgresSession, quoteLiteral, sqlstateOf } from '@millrace/postgres-client';
import type { TargetNames } from '../../target/target-names.ts';
import { isTrue } from '../boolean-text.ts';
import { disableTriggers } from '../sink-session.ts';
import { readExistingStructure } from './existing-structure.ts';
import { planStructure, type StructureStatement, type StructureTask, type UnfinishedIndex } from './plan-structure.ts';
import { type StructureOption, structuredTables } from './structure-option.ts';

export interface StructureBuilderOptions {
  readonly openSession: (signal: AbortSignal) => Promise<PostgresSession>;
  readonly option: StructureOption;
  /** Of the sink of a stream: only one process makes its structure at a time. */
  readonly name: string;
  readonly names: TargetNames;
  readonly context: Pick<SinkContext, 'structure' | 'report'>;
}

/** How long a statement that writers wait for may wait itself, ms: not long enough for the server to look for deadlocks. */
const lockTimeout = 300;
const lockAttempts = 60;
const lockPause = 200;

/**
 * Makes what tables have at the source beside columns and key, once they are live, on a connection of its own beside the
 * stream. What cannot be made is reported as the warning `STRUCTURE_NOT_MADE`, and tried again by the next builder.
 */
export class StructureBuilder {
  readonly #options: StructureBuilderOptions;
  readonly #ending = new AbortController();
  readonly #failed = new Set<string>();
  #live: ReadonlySet<string> = new Set();
  #work: Promise<void> = Promise.resolve();

  constructor(options: StructureBuilderOptions) {
    this.#options = options;
  }

  /** These tables are live now. Waits for nothing. */
  follow(live: readonly Relation[]): void {
    const names = new Set(live.map(qualifiedName));
    if ([...names].every((name) => this.#live.has(name))) return;
    this.#live = names;
    this.#work = this.#work.then(() => this.#build(live)).catch((error) => this.#interrupted(error));
  }

  /** Resolves when everything is made, or given up. */
  settled(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort);
      void this.#work.then(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }

  /** Ends what is being made. What is not complete is made anew by the next builder. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#work;
  }

  async #build(live: readonly Relation[]): Promise<void> {
    const { openSession, option, context, names } = this.#options;
    const { signal } = this.#ending;
    const tables = await structuredTables(option, context, live, names, signal);
    await using session = await openSession(signal);
    await this.#prepare(session);
    const existing = await readExistingStructure(
      session,
      live.map((relation) => names.of(relation)),
      signal,
    );
    const mayReplicate = await disableTriggers(session, signal);
    if (mayReplicate) await session.query('RESET session_replication_role', [], { signal });
    for (const task of planStructure(tables, existing)) {
      if (this.#failed.has(keyOf(task))) continue;
      const reason =
        task.part === 'foreign-key' && !mayReplicate
          ? 'it would act on rows that are copies, and the role may not switch it off in its sessions'
          : await this.#make(session, task);
      if (reason === null) continue;
      this.#failed.add(keyOf(task));
      this.#report(task, reason);
    }
  }

  /** Waits for the builder of a process that has ended, whose server process may still be at it. */
  async #prepare(session: PostgresSession): Promise<void> {
    const { signal } = this.#ending;
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

  /** `null`: it is made; otherwise why not. */
  async #make(session: PostgresSession, task: StructureTask, attempts = 3): Promise<string | null> {
    const { signal } = this.#ending;
    try {
      for (const statement of task.statements) await this.#run(session, statement);
      return null;
    } catch (error) {
      const sqlstate = sqlstateOf(error);
      if (sqlstate === null || signal.aborted) throw error;
      const isDropped = task.index !== null && (await this.#dropUnfinished(session, task.index));
      // The stream may alter the table while its index is made.
      if (isDropped && sqlstate === '40P01' && attempts > 1) return this.#make(session, task, attempts - 1);
      return error instanceof Error ? error.message : `SQLSTATE ${sqlstate}`;
    }
  }

  /** What has the name may be somebody else's. */
  async #dropUnfinished(session: PostgresSession, { name, table, drop }: UnfinishedIndex): Promise<boolean> {
    const options = { signal: this.#ending.signal, doing: 'drop an index that is not complete' };
    const find = `SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND indrelid = to_regclass($2) AND NOT indisvalid`;
    const { rowCount } = await session.query(find, [name, table], options);
    if (rowCount > 0) await session.query(drop, [], options);
    return rowCount > 0;
  }

  async #run(session: PostgresSession, { sql, kind, blocks }: StructureStatement): Promise<void> {
    const { signal } = this.#ending;
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
  }

  #interrupted(error: unknown): void {
    // What was tried before will be tried again when the next table is live.
    this.#live = new Set();
    if (this.#ending.signal.aborted) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.context.report({
      type: 'warning',
      code: 'STRUCTURE_NOT_MADE',
      message: `Indexes and constraints of the target were not made: ${reason}`,
      details: { reason },
    });
  }

  #report({ table, part, statements }: StructureTask, reason: string): void {
    const sql = statements.map((statement) => `${statement.sql};`).join(' ');
    this.#options.context.report({
      type: 'warning',
      code: 'STRUCTURE_NOT_MADE',
      message: `A part of ${table} could not be made at the target, and is tried again at the next start: ${reason}. ${sql}`,
      details: { table, part, statement: sql, reason },
    });
  }
}

const keyOf = ({ statements }: StructureTask): string => statements.at(-1)?.sql ?? '';

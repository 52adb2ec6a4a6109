import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { qualifiedName, type Relation, type SinkContext } from '@millrace/core';
import { errnoOf, type ScriptSession } from '@millrace/mysql-client';
import type { MadeWarning } from '../../structure/structure-builder.ts';
import { type StructureOption, structuredTables } from '../../structure/structure-option.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { takeNamedLock } from '../checkpoint/named-locks.ts';
import { waitForRows } from '../sink-session.ts';
import { readExistingStructure } from './existing-structure.ts';
import { planStructure, type StructureTask } from './plan-structure.ts';

export interface StructureMakerOptions {
  readonly openSession: (signal: AbortSignal) => Promise<ScriptSession>;
  readonly option: StructureOption;
  /** Of the sink of a stream: only one process makes its structure at a time. */
  readonly name: string;
  readonly names: TargetNames;
  readonly context: Pick<SinkContext, 'structure' | 'relations'>;
}

/** How long a statement may wait for those who use the table, or for the server's own work on it, s: who comes after it waits, too. */
const lockPatience = 2;
const attempts = 60;
const lockPause = 200;

/** Timed out, deadlocked, and rows of the stream that an index met halfway, as of two that exchange their values. */
const passing = [1205, 1213, 1062];

/** Makes what tables have at the source beside columns and key. Once it has failed at something it leaves that to the next. */
export class StructureMaker {
  readonly #options: StructureMakerOptions;
  readonly #failed = new Set<string>();

  constructor(options: StructureMakerOptions) {
    this.#options = options;
  }

  /** Of tables that are live. What cannot be made, or not as at the source, is a warning. */
  async make(live: readonly Relation[], warn: (warning: MadeWarning) => void, signal: AbortSignal): Promise<void> {
    const { openSession, option, context, names } = this.#options;
    const tables = await structuredTables(option, context, live, names, signal);
    const session = await openSession(signal);
    try {
      await this.#prepare(session, signal);
      const relations = live.map((relation) => names.of(relation));
      const existing = await readExistingStructure(session, relations, signal);
      const captured = new Set(context.relations.map(qualifiedName));
      const plan = planStructure({ tables, existing, captured, server: session.server });
      for (const warning of plan.warnings) warn({ ...warning, statement: '' });
      for (const task of plan.tasks) {
        if (this.#failed.has(task.sql)) continue;
        const reason = await makePart(session, task, signal);
        if (reason === null) continue;
        this.#failed.add(task.sql);
        const { table, part, name, sql } = task;
        warn({ code: 'STRUCTURE_NOT_MADE', table, part, name, reason, statement: `${sql};` });
      }
    } finally {
      await session.close();
    }
  }

  /** Waits for a process that has ended, whose statement may still run at the server. */
  async #prepare(session: ScriptSession, signal: AbortSignal): Promise<void> {
    const lock = `millrace structure ${createHash('sha1').update(this.#options.name).digest('hex')}`;
    while ((await takeNamedLock(session, lock, signal)) !== null) await pause(lockPause, undefined, { signal });
    const doing = 'prepare to make indexes and constraints';
    const settings = [`SET SESSION lock_wait_timeout = ${lockPatience}`, waitForRows(lockPatience)];
    await session.script(settings, { signal, doing });
  }
}

/** `null`: it is made; otherwise why not. Each statement is there as a whole, or not at all, whenever it ends. */
const makePart = async (
  session: ScriptSession,
  { probe, sql, kind }: StructureTask,
  signal: AbortSignal,
): Promise<string | null> => {
  const doing = kind.replace('-', ' ');
  for (let attempt = 1; ; attempt++)
    try {
      if (probe !== null && (await session.query(probe, [], { signal, doing })).length > 0)
        return 'the table has rows that refer to rows which are not there';
      await session.script([sql], { signal, doing });
      return null;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === null || signal.aborted) throw error;
      const isLast = attempt === (errno === 1062 ? 3 : attempts);
      if (!passing.includes(errno) || isLast) return error instanceof Error ? error.message : `error ${errno}`;
      await pause(lockPause, undefined, { signal });
    }
};

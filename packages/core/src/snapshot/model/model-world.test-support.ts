import type { ModelDatabase } from './model-database.test-support.ts';

/** What may be wrong: each must be noticed. */
export const faults = [
  /** A partial update that meets no row writes nothing. */
  'reselect dropped',
  /** A reselected row does not hold the handover back. */
  'through not raised',
  /** A row is read again before its own transaction is visible. */
  'visibility not awaited',
  /** Of several changes in a group, only the first one's transaction is. */
  'visibility of one awaited',
  /** The copy begins before everything in front of its position is visible. */
  'begin not awaited',
  /** A chunk reaches the target after changes were applied. */
  'chunk applied late',
  /** A row whose key changed is made of the row that has the old key. */
  'old row as donor',
  /** A table is live before it has caught up. */
  'handover too early',
  /** Ranges that were planned are unknown after a crash. */
  'plan forgotten',
  /** The progress of a range is durable before its rows. */
  'progress before rows',
  /** A row that holds another one's label does not give way. */
  'no displacement',
] as const;
export type Fault = (typeof faults)[number];

/** The end of a process. */
export class Crash extends Error {}

/** One process of the stream in the world of a database. */
export class ModelProcess {
  readonly database: ModelDatabase;
  readonly fault: Fault | null;
  readonly abort = new AbortController();
  /** The whole log was read, and nothing more will be written to it. */
  onEnd: () => void = () => {};
  readonly #crashes: number;

  constructor(database: ModelDatabase, fault: Fault | null, crashes: number) {
    this.database = database;
    this.fault = fault;
    this.#crashes = crashes;
  }

  /** Between any two steps time passes, or the process ends. */
  async step(): Promise<void> {
    await Promise.resolve();
    if (this.abort.signal.aborted) throw this.abort.signal.reason;
    if (this.database.random.chance(this.#crashes)) this.abort.abort(new Crash());
    this.abort.signal.throwIfAborted();
    this.database.pass();
  }

  async until(reached: () => boolean): Promise<void> {
    while (!reached()) await this.step();
  }
}

import { qualifiedName, type Relation, type SinkContext, type StructureWarning } from '@millrace/core';

export interface StructureBuilderOptions {
  /** Makes what live tables lack, on a connection of its own, with the warnings about what it cannot make. */
  readonly make: (
    live: readonly Relation[],
    warn: (warning: MadeWarning) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly report: SinkContext['report'];
}

/** What was not made, or not as at the source; `statement`: what would make it, or nothing. */
export interface MadeWarning extends StructureWarning {
  readonly statement: string;
}

/**
 * Makes what tables have at the source beside columns and key, once they are live, on a connection of its own beside the
 * stream. What cannot be made is reported as the warning `STRUCTURE_NOT_MADE`, once, and tried again by the next builder.
 */
export class StructureBuilder {
  readonly #options: StructureBuilderOptions;
  readonly #ending = new AbortController();
  readonly #warned = new Set<string>();
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
    const make = () => this.#options.make(live, (warning) => this.#warn(warning), this.#ending.signal);
    this.#work = this.#work.then(make).catch((error) => this.#interrupted(error));
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

  #interrupted(error: unknown): void {
    // What was tried before will be tried again when the next table is live.
    this.#live = new Set();
    if (this.#ending.signal.aborted) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.report({
      type: 'warning',
      code: 'STRUCTURE_NOT_MADE',
      message: `Indexes and constraints of the target were not made: ${reason}`,
      details: { reason },
    });
  }

  #warn({ code, table, part, name, reason, statement }: MadeWarning): void {
    const key = JSON.stringify([table, part, name]);
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    const what = [part, name].filter((word) => word !== '').join(' ');
    const message =
      code === 'STRUCTURE_DIFFERS'
        ? `The ${what} of ${table} is not at the target as at the source: ${reason}`
        : `The ${what} of ${table} could not be made at the target, and is tried again at the next start: ${reason}`;
    this.#options.report({
      type: 'warning',
      code,
      message: statement === '' ? message : `${message}. ${statement}`,
      details: { table, part, name, reason, ...(statement === '' ? {} : { statement }) },
    });
  }
}

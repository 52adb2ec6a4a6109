import { MillraceError } from '@millrace/core';
import type { BinlogPlace } from '../binlog/binlog-event.ts';
import type { Ask } from '../log-session.ts';
import type { DumpReader } from '../replication/dump-reader.ts';
import type { DumpStart } from '../replication/dump-start.ts';
import { fatalReading } from '../replication/explain-dump-failure.ts';
import { type CutRead, placeBehindCut } from './place-behind-cut.ts';

/** How far a log was read; places are `null` as long as nothing says them. */
export type ReadSoFar = Pick<CutRead, 'gtids'> & { readonly [K in 'end' | 'place']: BinlogPlace | null };

export interface ContinuedDumpOptions {
  readonly kind: 'mysql' | 'mariadb';
  readonly open: (start: DumpStart) => Promise<DumpReader>;
  readonly ask: Ask;
  readonly signal: AbortSignal;
  /** Asked when the events that came before have been taken. */
  readonly readSoFar: () => ReadSoFar;
}

const cannotRead = (error: unknown): boolean =>
  error instanceof MillraceError && error.code === 'DUMP_REFUSED' && error.details?.errno === fatalReading;

/**
 * The log as a `DumpReader` gives it, also behind a file of MariaDB's whose last event a crash has cut off: a server that
 * meets it ends the dump, and so do all that begin before it. MySQL takes such an event out of its log when it starts.
 */
export class ContinuedDump implements AsyncIterable<readonly Buffer[]> {
  readonly #options: ContinuedDumpOptions;
  readonly #failing = new AbortController();
  #dump: DumpReader;
  #isClosed = false;

  static async open(start: DumpStart, options: ContinuedDumpOptions): Promise<ContinuedDump> {
    return new ContinuedDump(await options.open(start), options);
  }

  private constructor(dump: DumpReader, options: ContinuedDumpOptions) {
    this.#options = options;
    this.#dump = dump;
    this.#watch(dump);
  }

  /** As `DumpReader.next`; rejects also `BINLOG_CUT_OFF`. */
  async next(): Promise<readonly Buffer[] | null> {
    for (;;) {
      try {
        return await this.#dump.next();
      } catch (error) {
        await this.#goOn(error);
      }
    }
  }

  /** As `DumpReader.failed`. */
  get failed(): AbortSignal {
    return this.#failing.signal;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Buffer[], void> {
    for (let events = await this.next(); events !== null; events = await this.next()) yield events;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#dump.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether the log goes on is known when everything before has been taken. */
  #watch({ failed }: DumpReader): void {
    const tell = () => {
      if (this.#options.kind === 'mysql' || !cannotRead(failed.reason)) this.#failing.abort(failed.reason);
    };
    if (failed.aborted) tell();
    else failed.addEventListener('abort', tell, { once: true });
  }

  async #goOn(error: unknown): Promise<void> {
    try {
      const place = await this.#placeBehind(error);
      if (place === null) throw error;
      await this.#dump.close();
      const dump = await this.#options.open({ kind: 'place', place });
      this.#dump = dump;
      this.#watch(dump);
      if (this.#isClosed) await dump.close();
    } catch (failure) {
      this.#failing.abort(failure);
      throw failure;
    }
  }

  async #placeBehind(error: unknown): Promise<BinlogPlace | null> {
    const { kind, ask, signal, readSoFar } = this.#options;
    const { gtids, end, place } = readSoFar();
    if (kind === 'mysql' || !cannotRead(error) || place === null) return null;
    return ask((session) => placeBehindCut(session, { gtids, end: end ?? place, place }), signal);
  }
}

import type { ResolvedConnection } from '@millrace/mysql-client';
import { readServerFacts } from '../continuity/server-facts.ts';
import { type DumpTimings, defaultPatience, dumpTimings } from '../liveness/dump-timings.ts';
import { SilenceWatch } from '../liveness/silence-watch.ts';
import type { Ask } from '../log-session.ts';
import { DumpConnection } from './dump-connection.ts';
import { dumpError } from './dump-errors.ts';
import type { DumpStart } from './dump-start.ts';
import { endDumpThread } from './end-dump-thread.ts';
import { explainDumpFailure } from './explain-dump-failure.ts';
import { isFound } from './is-found.ts';
import type { ReplicaIdentity } from './replica-identity.ts';
import { proveServerId } from './server-id.ts';

export interface DumpReaderOptions {
  readonly connection: ResolvedConnection;
  /** By which an operator finds the connection: `millrace <stream id>`. */
  readonly applicationName: string;
  readonly identity: ReplicaIdentity;
  readonly start: DumpStart;
  /** Ends at what is the newest event then, instead of waiting for more. */
  readonly endsAtHead?: boolean;
  /** Bytes of events that may wait here before the socket is left alone. Default: 4 MiB. */
  readonly maxBytes?: number;
  readonly timings?: DumpTimings;
  /** Seconds for which the server waits while nobody takes what was read. Default: an hour. */
  readonly patience?: number;
  readonly ask: Ask;
  /** Ends everything at once: `next` rejects with its reason. */
  readonly signal: AbortSignal;
}

interface Pull {
  readonly resolve: (events: readonly Buffer[] | null) => void;
  readonly reject: (error: unknown) => void;
}

const defaultMaxBytes = 4 * 1024 * 1024;
/** How long the server is asked at most, in milliseconds, to end what we have left. */
const goodbye = 5_000;

/**
 * The log of a server as the bytes of its events (header, body and checksum), in order, as many at a time as have come.
 * What is read ahead is bounded by `maxBytes`, one read of the socket and one event (invariant 7): beyond that the socket
 * is left alone until somebody asks.
 */
export class DumpReader implements AsyncIterable<readonly Buffer[]> {
  readonly #options: DumpReaderOptions;
  readonly #maxBytes: number;
  readonly #failing = new AbortController();
  readonly #abort = () => this.#fail(this.#options.signal.reason);
  #connection: DumpConnection | null = null;
  #watch: SilenceWatch | null = null;
  #events: Buffer[] = [];
  #bytes = 0;
  #isPaused = false;
  #pull: Pull | null = null;
  #turn: NodeJS.Immediate | null = null;
  #failure: Promise<unknown> | null = null;
  #state: 'reading' | 'finished' | 'stopped' = 'reading';
  #closed: Promise<void> | null = null;

  /** Resolves when the server was asked for its log; rejects with an error that says what it means. */
  static async open(options: DumpReaderOptions): Promise<DumpReader> {
    const reader = new DumpReader(options);
    await reader.#open();
    return reader;
  }

  private constructor(options: DumpReaderOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes;
  }

  /**
   * The next events, at least one; `null` after `close`, and at the head with `endsAtHead`. Rejects when the connection
   * has ended, once what came before has been taken. Not to be called twice at once.
   */
  async next(): Promise<readonly Buffer[] | null> {
    if (this.#state === 'stopped') return null;
    if (this.#events.length > 0) return this.#take();
    if (this.#failure !== null) throw await this.#failure;
    if (this.#state === 'finished') return null;
    return new Promise((resolve, reject) => {
      this.#pull = { resolve, reject };
      this.#read();
    });
  }

  /** Aborted with what `next` rejects with, once the connection has ended, also while nobody asks. */
  get failed(): AbortSignal {
    return this.#failing.signal;
  }

  /** By which the server knows the connection. */
  get threadId(): number {
    return this.#connection?.threadId ?? 0;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Buffer[], void> {
    for (let events = await this.next(); events !== null; events = await this.next()) yield events;
  }

  /** Closes the socket, and ends the dump at the server too, within 6 s. Idempotent, allowed in any state. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<void> {
    const { timings = dumpTimings(), patience = defaultPatience, signal, ...target } = this.#options;
    const { ask, identity } = target;
    await ask(async (session) => proveServerId(session, await readServerFacts(session), identity), signal);
    try {
      this.#connection = await DumpConnection.open({
        ...target,
        heartbeat: timings.heartbeat,
        patience,
        signal,
        handlers: {
          event: (event) => this.#event(event),
          read: () => this.#afterRead(),
          finished: () => this.#finish(),
          lost: (error) => this.#fail(error),
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      throw await this.#explain(error);
    }
    signal.addEventListener('abort', this.#abort, { once: true });
    this.#watch = new SilenceWatch(timings, (silence) => {
      this.#fail(dumpError('SOURCE_SILENT', `The server has sent nothing for ${Math.round(silence / 1_000)} s`));
    });
  }

  #event(event: Buffer): void {
    this.#events.push(event);
    this.#bytes += event.length;
    if (this.#watch?.begun === false && isFound(event)) this.#watch.begun = true;
  }

  #afterRead(): void {
    this.#watch?.heard();
    if (this.#bytes >= this.#maxBytes) this.#pause();
    // What one turn of the event loop reads goes out together.
    this.#turn ??= setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#turn = null;
    if (this.#events.length === 0) return;
    this.#settle((pull) => pull.resolve(this.#take()));
  }

  #take(): readonly Buffer[] {
    const events = this.#events;
    this.#events = [];
    this.#bytes = 0;
    this.#read();
    return events;
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#connection?.pause();
    if (this.#watch !== null) this.#watch.reading = false;
  }

  #read(): void {
    if (!this.#isPaused || this.#state !== 'reading') return;
    this.#isPaused = false;
    if (this.#watch !== null) this.#watch.reading = true;
    this.#connection?.resume();
  }

  #finish(): void {
    if (this.#state === 'reading') this.#state = 'finished';
    this.#release();
    this.#deliver();
    if (this.#events.length === 0) this.#settle((pull) => pull.resolve(null));
  }

  #fail(error: unknown): void {
    if (this.#failure !== null || this.#state !== 'reading') return;
    const isAborted = this.#options.signal.aborted;
    this.#failure = isAborted ? Promise.resolve(error) : this.#explain(error);
    if (isAborted) this.#events = [];
    this.#release();
    this.#connection?.destroy();
    this.#deliver();
    void this.#failure.then((explained) => {
      this.#failing.abort(explained);
      this.#settle((pull) => pull.reject(explained));
    });
  }

  #explain(error: unknown): Promise<unknown> {
    const { ask, identity, start } = this.#options;
    return explainDumpFailure(error, { ask, identity, start: this.#watch?.begun === true ? null : start });
  }

  async #close(): Promise<void> {
    if (this.#state === 'reading') this.#state = 'stopped';
    this.#events = [];
    this.#release();
    const connection = this.#connection;
    const isGone = connection === null || connection.endedByServer;
    connection?.destroy();
    this.#settle((pull) => pull.resolve(null));
    if (isGone) return;
    const { threadId } = connection;
    // Who closes has no use for the reason: the server ends the dump by itself, if later.
    await this.#options
      .ask((session) => endDumpThread(session, threadId), AbortSignal.timeout(goodbye))
      .catch(() => {});
  }

  #release(): void {
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#watch?.stop();
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#turn = null;
  }

  #settle(how: (pull: Pull) => void): void {
    const pull = this.#pull;
    this.#pull = null;
    if (pull !== null) how(pull);
  }
}

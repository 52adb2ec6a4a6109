import type { ChangeBatch } from '@millrace/core';
import type { LivenessTimings } from '../liveness/liveness-timings.ts';
import { shutdownPatience } from '../liveness/shutdown-watch.ts';
import type { PgoutputDecoder } from '../pgoutput/pgoutput-decoder.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { BatchTaker, type Heartbeats } from './batch-taker.ts';
import { ReadGate } from './read-gate.ts';
import { longestRead, readPause } from './read-pause.ts';
import type { ReplicationConnection, ReplicationHandlers } from './replication-connection.ts';
import { Standby } from './standby.ts';

export interface ChangeReaderOptions {
  readonly connect: (handlers: ReplicationHandlers) => Promise<ReplicationConnection>;
  readonly decoder: PgoutputDecoder;
  /** What may be read ahead before reading stops. */
  readonly limits: { readonly maxChanges: number; readonly maxBytes: number };
  readonly timings: LivenessTimings;
  readonly heartbeats: Heartbeats;
  /** The server's clock minus ours, in milliseconds. */
  readonly clockOffset: number;
  /** Finds out what the end of the connection means. Must not reject. */
  readonly explain: (error: unknown) => Promise<Error>;
  /** Asked now and then why reading cannot go on; `null`: it can. Must not reject. */
  readonly objection?: () => Promise<Error | null>;
}

interface Pull {
  readonly resolve: (batch: ChangeBatch | null) => void;
  readonly reject: (error: Error) => void;
}

/** How often it is asked why reading cannot go on, ms. */
const objectionInterval = 10_000;

const begin = 0x42;
/** Milliseconds from 1970 to 2000, the server's epoch. */
const serverEpoch = 946_684_800_000;

/** Of a Begin message (PostgreSQL manual, "Logical Replication Message Formats"), in milliseconds since 1970. */
const commitTimeOf = (bytes: Buffer, start: number): number =>
  (bytes.readInt32BE(start + 9) * 0x1_0000_0000 + bytes.readUInt32BE(start + 13)) / 1_000 + serverEpoch;

/**
 * Reads one replication connection into batches, one `next` at a time. What is read ahead is bounded by `limits` plus
 * what one turn of the event loop reads: beyond that the socket is left alone until somebody asks (invariant 7).
 */
export class ChangeReader {
  readonly #options: ChangeReaderOptions;
  readonly #taker: BatchTaker;
  /** Both are there from when the server streams. */
  #standby: Standby | null = null;
  #gate: ReadGate | null = null;
  #connection: ReplicationConnection | null = null;
  #pull: Pull | null = null;
  #failure: Promise<Error> | null = null;
  readonly #failing = new AbortController();
  #stopped = false;
  #turn: NodeJS.Immediate | null = null;
  #ending: NodeJS.Timeout | null = null;
  #asking: NodeJS.Timeout | null = null;
  #bytesRead = 0;
  #commitTime = Number.POSITIVE_INFINITY;

  private constructor(options: ChangeReaderOptions) {
    this.#options = options;
    this.#taker = new BatchTaker(options.decoder, options.heartbeats, () => this.#deliver());
  }

  /** Resolves when the server streams; rejects with what the driver or the server says. */
  static async open(options: ChangeReaderOptions): Promise<ChangeReader> {
    const reader = new ChangeReader(options);
    const connection = await options.connect({
      message: (bytes, start, end) => reader.#message(bytes, start, end),
      keepalive: (walEnd, replyRequested) => reader.#keepalive(walEnd, replyRequested),
      lost: (error) => reader.#fail(error),
    });
    const giveUp = (error: Error) => reader.#fail(error);
    const standby = new Standby({ connection, timings: options.timings, giveUp });
    reader.#connection = connection;
    reader.#standby = standby;
    reader.#gate = new ReadGate(connection, standby);
    reader.#askLater();
    return reader;
  }

  /** The next batch; `null` after `stop`. Rejects when the connection has ended. Not to be called twice at once. */
  async next(): Promise<ChangeBatch | null> {
    if (this.#stopped) return null;
    if (this.#failure !== null) throw await this.#failure;
    const batch = this.#taker.take();
    if (batch === null) {
      return new Promise((resolve, reject) => {
        this.#pull = { resolve, reject };
        this.#gate?.read();
      });
    }
    if (this.#gate?.state === 'full' && !this.#full()) this.#gate.read();
    return batch;
  }

  /** Aborted with what `next` rejects with, once the connection has ended. */
  get failed(): AbortSignal {
    return this.#failing.signal;
  }

  confirm(position: bigint): void {
    this.#standby?.confirm(position);
  }

  /** The server waits for this connection to end: it is given up unless it is being read again within 10 s. */
  serverEnds(): void {
    this.#ending ??= setTimeout(() => {
      this.#ending = null;
      const message = 'The server shuts down and waits for changes that no sink takes';
      if (this.#gate?.state === 'full') this.#fail(sourceError('SOURCE_SHUTTING_DOWN', message));
    }, shutdownPatience);
  }

  /** Ends reading; the connection stays, so that positions can still be confirmed. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#gate?.stop();
    this.#clear();
    this.#settle((pull) => pull.resolve(null));
  }

  /** Stops, sends the last confirmed position and closes, within 2 s. Idempotent. */
  async close(): Promise<void> {
    this.stop();
    this.#standby?.stop();
    await this.#connection?.finish();
  }

  #message(bytes: Buffer, start: number, end: number): void {
    if (this.#stopped) return;
    this.#options.decoder.push(bytes, start, end);
    if (bytes[start] === begin) this.#commitTime = commitTimeOf(bytes, start);
    this.#bytesRead += end - start;
    if (this.#bytesRead >= longestRead) this.#gate?.yield();
    this.#turn ??= setImmediate(() => this.#endOfRead());
  }

  #keepalive(walEnd: bigint, replyRequested: boolean): void {
    if (this.#stopped) return;
    this.#options.decoder.keepalive(walEnd);
    if (replyRequested) {
      this.#taker.hurry();
      this.#standby?.asked();
    }
    this.#turn ??= setImmediate(() => this.#endOfRead());
  }

  /** After all reads of one turn of the event loop, which together make one batch where they can. */
  #endOfRead(): void {
    this.#turn = null;
    if (this.#stopped || this.#failure !== null) return;
    this.#standby?.heard();
    const bytes = this.#bytesRead;
    this.#bytesRead = 0;
    this.#deliver();
    if (this.#full()) {
      this.#gate?.fill();
      return;
    }
    const lag = Date.now() + this.#options.clockOffset - this.#commitTime;
    const pause = readPause({ lag, bytes });
    if (pause > 0) this.#gate?.coalesce(pause);
    else this.#gate?.read();
  }

  /** Never while somebody waits: a transaction that is larger than the bound must be read on. */
  #full(): boolean {
    if (this.#pull !== null) return false;
    const { decoder, limits } = this.#options;
    return decoder.pendingBytes >= limits.maxBytes || decoder.pendingChanges >= limits.maxChanges;
  }

  #deliver(): void {
    if (this.#pull === null) return;
    const batch = this.#taker.take();
    if (batch !== null) this.#settle((pull) => pull.resolve(batch));
  }

  #askLater(): void {
    if (this.#stopped || this.#failure !== null) return;
    this.#asking = setTimeout(async () => {
      const objection = await this.#options.objection?.();
      if (objection == null) this.#askLater();
      else this.#fail(objection);
    }, objectionInterval);
  }

  #fail(error: unknown): void {
    if (this.#failure !== null || this.#stopped) return;
    this.#failure = this.#options.explain(error);
    this.#standby?.stop();
    this.#connection?.destroy();
    this.#clear();
    void this.#failure.then((explained) => {
      this.#failing.abort(explained);
      this.#settle((pull) => pull.reject(explained));
    });
  }

  #settle(how: (pull: Pull) => void): void {
    const pull = this.#pull;
    this.#pull = null;
    if (pull !== null) how(pull);
  }

  #clear(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
    clearTimeout(this.#ending ?? undefined);
    clearTimeout(this.#asking ?? undefined);
    this.#turn = null;
    this.#ending = null;
    this.#taker.stop();
  }
}

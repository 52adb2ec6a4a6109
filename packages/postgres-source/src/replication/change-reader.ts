import type { ChangeBatch } from '@millrace/core';
import type { LivenessTimings } from '../liveness/liveness-timings.ts';
import { shutdownPatience } from '../liveness/shutdown-watch.ts';
import type { PgoutputDecoder } from '../pgoutput/pgoutput-decoder.ts';
import { sourceError } from '../postgres-source-errors.ts';
import { readPause } from './read-pause.ts';
import type { ReplicationConnection, ReplicationHandlers } from './replication-connection.ts';
import { Standby } from './standby.ts';

export interface ChangeReaderOptions {
  readonly connect: (handlers: ReplicationHandlers) => Promise<ReplicationConnection>;
  readonly decoder: PgoutputDecoder;
  /** What may be read ahead before reading stops. */
  readonly limits: { readonly maxChanges: number; readonly maxBytes: number };
  readonly timings: LivenessTimings;
  /** The least time between a position and the next one that only idleness brings, in milliseconds. */
  readonly heartbeatEvery: number;
  /** The server's clock minus ours, in milliseconds. */
  readonly clockOffset: number;
  /** Finds out what the end of the connection means. Must not reject. */
  readonly explain: (error: unknown) => Promise<Error>;
}

interface Pull {
  readonly resolve: (batch: ChangeBatch | null) => void;
  readonly reject: (error: Error) => void;
}

const begin = 0x42;
/** Milliseconds from 1970 to 2000, the server's epoch. */
const serverEpoch = 946_684_800_000;

/** When the source committed the transaction that a Begin message opens (PostgreSQL manual, "Logical Replication Message Formats"). */
const commitTimeOf = (message: Buffer): number =>
  (message.readInt32BE(9) * 0x1_0000_0000 + message.readUInt32BE(13)) / 1_000 + serverEpoch;

/**
 * Reads one replication connection into batches, one `next` at a time. What is read ahead is bounded by `limits` plus
 * what one turn of the event loop reads: beyond that the socket is left alone until somebody asks (invariant 7).
 */
export class ChangeReader {
  readonly #options: ChangeReaderOptions;
  #connection: ReplicationConnection | null = null;
  #standby: Standby | null = null;
  #state: 'reading' | 'full' | 'coalescing' | 'stopped' = 'reading';
  #pull: Pull | null = null;
  #failure: Promise<Error> | null = null;
  #turn: NodeJS.Immediate | null = null;
  #coalescing: NodeJS.Timeout | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #ending: NodeJS.Timeout | null = null;
  #bytesRead = 0;
  #commitTime = Number.POSITIVE_INFINITY;
  #lastPosition = performance.now();
  #asked = false;
  /** A batch without changes that was not worth passing on yet. */
  #empty: ChangeBatch | null = null;

  private constructor(options: ChangeReaderOptions) {
    this.#options = options;
  }

  /** Resolves when the server streams; rejects with what the driver or the server says. */
  static async open(options: ChangeReaderOptions): Promise<ChangeReader> {
    const reader = new ChangeReader(options);
    const connection = await options.connect({
      message: (payload) => reader.#message(payload),
      keepalive: (walEnd, replyRequested) => reader.#keepalive(walEnd, replyRequested),
      lost: (error) => reader.#fail(error),
    });
    reader.#connection = connection;
    const giveUp = (error: Error) => reader.#fail(error);
    reader.#standby = new Standby({ connection, timings: options.timings, giveUp });
    return reader;
  }

  /** The next batch; `null` after `stop`. Rejects when the connection has ended. Not to be called twice at once. */
  async next(): Promise<ChangeBatch | null> {
    if (this.#state === 'stopped') return null;
    if (this.#failure !== null) throw await this.#failure;
    const batch = this.#take();
    if (batch !== null) return batch;
    return new Promise((resolve, reject) => {
      this.#pull = { resolve, reject };
      this.#read();
    });
  }

  confirm(position: bigint): void {
    this.#standby?.confirm(position);
  }

  /** The server waits for this connection to end: it is given up unless it is being read again within 10 s. */
  serverEnds(): void {
    this.#ending ??= setTimeout(() => {
      this.#ending = null;
      const message = 'The server shuts down and waits for changes that no sink takes';
      if (this.#state === 'full') this.#fail(sourceError('SOURCE_SHUTTING_DOWN', message));
    }, shutdownPatience);
  }

  /** Ends reading; the connection stays, so that positions can still be confirmed. Idempotent. */
  stop(): void {
    this.#state = 'stopped';
    this.#connection?.pause();
    if (this.#standby !== null) this.#standby.reading = false;
    this.#clear();
    this.#settle((pull) => pull.resolve(null));
  }

  /** Stops, sends the last confirmed position and closes, within 2 s. Idempotent. */
  async close(): Promise<void> {
    this.stop();
    this.#standby?.stop();
    await this.#connection?.finish();
  }

  #message(payload: Buffer): void {
    if (this.#state === 'stopped') return;
    if (payload[0] === begin) this.#commitTime = commitTimeOf(payload);
    this.#bytesRead += payload.length;
    this.#options.decoder.push(payload);
    this.#turn ??= setImmediate(() => this.#endOfRead());
  }

  #keepalive(walEnd: bigint, replyRequested: boolean): void {
    if (this.#state === 'stopped') return;
    this.#options.decoder.keepalive(walEnd);
    if (replyRequested) {
      this.#asked = true;
      this.#standby?.asked();
    }
    this.#turn ??= setImmediate(() => this.#endOfRead());
  }

  /** After all reads of one turn of the event loop, which together make one batch where they can. */
  #endOfRead(): void {
    this.#turn = null;
    if (this.#state === 'stopped' || this.#failure !== null) return;
    this.#standby?.heard();
    const bytes = this.#bytesRead;
    this.#bytesRead = 0;
    if (this.#pull !== null) this.#deliver();
    if (this.#full()) this.#leave('full');
    else if (this.#state === 'reading') this.#pace(bytes);
  }

  #pace(bytes: number): void {
    const lag = Date.now() + this.#options.clockOffset - this.#commitTime;
    const pause = readPause({ lag, bytes });
    if (pause === 0) return;
    this.#leave('coalescing');
    this.#coalescing = setTimeout(() => {
      if (this.#state === 'coalescing') this.#read();
    }, pause);
  }

  #full(): boolean {
    const { decoder, limits } = this.#options;
    return (
      this.#pull === null && (decoder.pendingBytes >= limits.maxBytes || decoder.pendingChanges >= limits.maxChanges)
    );
  }

  #leave(state: 'full' | 'coalescing'): void {
    this.#state = state;
    this.#connection?.pause();
    if (state === 'full' && this.#standby !== null) this.#standby.reading = false;
  }

  #read(): void {
    if (this.#state === 'reading' || this.#state === 'stopped') return;
    this.#state = 'reading';
    if (this.#standby !== null) this.#standby.reading = true;
    this.#connection?.resume();
  }

  #deliver(): void {
    const batch = this.#take();
    if (batch !== null) this.#settle((pull) => pull.resolve(batch));
  }

  #take(): ChangeBatch | null {
    const { decoder } = this.#options;
    let batch = this.#takeChanges();
    if (batch === null) {
      decoder.flush();
      batch = this.#takeChanges() ?? this.#idle();
    }
    if (batch !== null && batch.position !== null) {
      this.#lastPosition = performance.now();
      this.#empty = null;
    }
    if (this.#state === 'full' && !this.#full()) this.#read();
    return batch;
  }

  /** Before PostgreSQL 15 transactions without published changes are sent as well: they only bring a position. */
  #takeChanges(): ChangeBatch | null {
    const { decoder } = this.#options;
    let batch = decoder.take();
    while (batch !== null && batch.changes.length === 0) {
      this.#empty = batch;
      batch = decoder.take();
    }
    return batch;
  }

  /** The server's position moves past log that concerns others; at rest it becomes ours, now and then. */
  #idle(): ChangeBatch | null {
    const { decoder, heartbeatEvery } = this.#options;
    if (decoder.idlePosition === null && this.#empty === null) return null;
    const wait = this.#asked ? 0 : this.#lastPosition + heartbeatEvery - performance.now();
    if (wait > 0) {
      this.#heartbeat ??= setTimeout(() => {
        this.#heartbeat = null;
        if (this.#pull !== null) this.#deliver();
      }, wait);
      return null;
    }
    this.#asked = false;
    return decoder.takeHeartbeat() ?? this.#empty;
  }

  #fail(error: unknown): void {
    if (this.#failure !== null || this.#state === 'stopped') return;
    this.#failure = this.#options.explain(error);
    this.#standby?.stop();
    this.#connection?.destroy();
    this.#clear();
    void this.#failure.then((explained) => this.#settle((pull) => pull.reject(explained)));
  }

  #settle(how: (pull: Pull) => void): void {
    const pull = this.#pull;
    this.#pull = null;
    if (pull !== null) how(pull);
  }

  #clear(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
    clearTimeout(this.#coalescing ?? undefined);
    clearTimeout(this.#heartbeat ?? undefined);
    clearTimeout(this.#ending ?? undefined);
    this.#turn = null;
    this.#heartbeat = null;
  }
}

import { inboundVerdict } from '../liveness/inbound-verdict.ts';
import type { LivenessTimings } from '../liveness/liveness-timings.ts';
import { ShutdownWatch } from '../liveness/shutdown-watch.ts';
import { sourceError } from '../postgres-source-errors.ts';
import type { ReplicationConnection } from './replication-connection.ts';
import { standbyStatus } from './standby-status.ts';

/** Questions of the server are answered at once, but not more often than this, in milliseconds. */
const answerEvery = 1_000;

/** Positions are confirmed not more often than this, in milliseconds: each costs both sides as much as a small batch. */
const confirmEvery = 10;

export interface StandbyOptions {
  readonly connection: ReplicationConnection;
  readonly timings: LivenessTimings;
  /** Called when the connection is to be given up. */
  readonly giveUp: (error: Error) => void;
}

/**
 * Our side of the talk with the walsender. Statuses go out by timers of their own, so they depend neither on the sink
 * nor on whether the socket is read (invariant 11).
 */
export class Standby {
  readonly #options: StandbyOptions;
  readonly #shutdown = new ShutdownWatch();
  readonly #ticking: NodeJS.Timeout;
  #answering: NodeJS.Timeout | null = null;
  #confirming: NodeJS.Timeout | null = null;
  #durable = 0n;
  #lastStatus = Number.NEGATIVE_INFINITY;
  #lastInbound = performance.now();
  #lastCheck = performance.now();
  #readingSince: number | null = performance.now();

  constructor(options: StandbyOptions) {
    this.#options = options;
    this.#ticking = setInterval(() => this.#tick(), options.timings.statusEvery);
  }

  /**
   * Everything before `position` is durable in every sink: tells the server within some milliseconds.
   * Invariant 3: positions only move forward, so an older one changes nothing.
   */
  confirm(position: bigint): void {
    if (position <= this.#durable) return;
    this.#durable = position;
    if (this.#confirming !== null) return;
    const wait = this.#lastStatus + confirmEvery - performance.now();
    this.#confirming = setTimeout(() => this.#status(false), Math.max(0, wait));
  }

  /** Something came from the server. */
  heard(): void {
    this.#lastInbound = performance.now();
  }

  /** The server wants an answer. */
  asked(): void {
    const now = performance.now();
    if (this.#shutdown.asked(now)) {
      const message = 'The server shuts down and waits for changes that are not confirmed yet';
      this.#options.giveUp(sourceError('SOURCE_SHUTTING_DOWN', message));
      return;
    }
    const wait = this.#lastStatus + Math.min(answerEvery, this.#options.timings.statusEvery) - now;
    if (wait <= 0) this.#status(false);
    else this.#answering ??= setTimeout(() => this.#status(false), wait);
  }

  /** Whether the socket is read: the silence of a server that is not listened to means nothing. */
  set reading(reading: boolean) {
    if (!reading) this.#readingSince = null;
    else this.#readingSince ??= performance.now();
  }

  /** Sends what is confirmed one last time. Nothing is sent afterwards. */
  stop(): void {
    clearInterval(this.#ticking);
    this.#status(false);
  }

  #tick(): void {
    const now = performance.now();
    const { timings, giveUp } = this.#options;
    const facts = { now, lastInbound: this.#lastInbound, readingSince: this.#readingSince, timings };
    const verdict = inboundVerdict({ ...facts, lastCheck: this.#lastCheck });
    this.#lastCheck = now;
    if (verdict === 'dead') {
      giveUp(sourceError('SOURCE_SILENT', `The server has not answered for ${timings.deadAfter} ms`));
      return;
    }
    if (verdict === 'stalled') this.#readingSince = now;
    this.#status(verdict === 'ask');
  }

  #status(replyRequested: boolean): void {
    clearTimeout(this.#confirming ?? undefined);
    clearTimeout(this.#answering ?? undefined);
    this.#confirming = null;
    this.#answering = null;
    const { connection } = this.#options;
    // A peer that takes nothing would otherwise be written to without bound.
    if (connection.congested) return;
    this.#lastStatus = performance.now();
    const { received } = connection;
    connection.send(standbyStatus({ received, durable: this.#durable, replyRequested, now: Date.now() }));
  }
}

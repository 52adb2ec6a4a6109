import { EventEmitter } from 'eventemitter3';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import { callUser } from '../errors/call-user.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import type { FinishReason } from '../machine/stream-machine.ts';
import type { Position } from '../model/position.ts';
import type { Backfill } from '../side/backfill.ts';
import type { CopyProgress } from '../snapshot/copy-report.ts';
import type { HandoverEvent } from '../snapshot/handover.ts';
import type { StreamStatistics } from '../statistics/stream-statistics.ts';
import type { StreamStatus } from './stream-state.ts';

/** What `stream.on` can listen to. A listener that throws does not disturb the stream; its error is uncaught. */
export interface StreamEvents {
  status: [{ readonly status: StreamStatus; readonly previous: StreamStatus }];
  /** A group is durable, rows and checkpoint; `changes` is 0 for an idle advance. */
  checkpoint: [{ readonly position: Position; readonly changes: number }];
  /** A connection failed; the stream tries again in `delay` ms. */
  retry: [{ readonly error: MillraceError; readonly attempt: number; readonly delay: number }];
  warning: [Omit<ConnectorEvent, 'type'>];
  /** The target was not as the source's log says; nothing diverges silently. */
  conflict: [Omit<ConnectorEvent, 'type'>];
  schema: [Omit<ConnectorEvent, 'type'>];
  error: [MillraceError];
  limit: [{ readonly reason: Exclude<FinishReason, 'snapshot-complete'> }];
  /** How far the copy of a table is: at most once a second for each, and when it is complete. */
  snapshot: [CopyProgress];
  /** From this position on the table equals its source at every position. */
  handover: [HandoverEvent];
  /** The copy of a table beside the stream has got another state, and durably so. */
  backfill: [Backfill];
  /** Once a second while running. */
  stats: [StreamStatistics];
}

/** The events of one stream, typed by name. */
export class StreamEventEmitter {
  readonly #emitter = new EventEmitter();

  /** Returns how to stop listening. */
  on<E extends keyof StreamEvents>(event: E, listener: (...args: StreamEvents[E]) => void): () => void {
    this.#emitter.on(event, listener);
    return () => this.#emitter.off(event, listener);
  }

  isHeard(event: keyof StreamEvents): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  emit<E extends keyof StreamEvents>(event: E, ...args: StreamEvents[E]): void {
    callUser(() => void this.#emitter.emit(event, ...args));
  }
}

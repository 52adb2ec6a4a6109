import type { ReplicationConnection } from './replication-connection.ts';
import type { Standby } from './standby.ts';

export type GateState =
  | 'reading'
  /** Nobody takes what was read. */
  | 'full'
  /** For a moment, so that small reads add up. */
  | 'coalescing'
  /** Until the next turn of the event loop, so that others have this one. */
  | 'yielding'
  | 'stopped';

/** Whether the socket is read. Only a full gate silences the watch over the server: the others last milliseconds. */
export class ReadGate {
  readonly #connection: ReplicationConnection;
  readonly #standby: Standby;
  #state: GateState = 'reading';
  #timer: NodeJS.Timeout | null = null;

  constructor(connection: ReplicationConnection, standby: Standby) {
    this.#connection = connection;
    this.#standby = standby;
  }

  get state(): GateState {
    return this.#state;
  }

  /** Leaves the socket alone until `read`. */
  fill(): void {
    if (this.#state === 'full' || this.#state === 'stopped') return;
    this.#leave('full');
    this.#standby.reading = false;
  }

  /** Leaves the socket alone for some milliseconds. */
  coalesce(pause: number): void {
    if (this.#state !== 'reading') return;
    this.#leave('coalescing');
    this.#timer = setTimeout(() => {
      if (this.#state === 'coalescing') this.read();
    }, pause);
  }

  /** Leaves the socket alone until `read`, which has to come in the next turn of the event loop. */
  yield(): void {
    if (this.#state === 'reading') this.#leave('yielding');
  }

  read(): void {
    if (this.#state === 'reading' || this.#state === 'stopped') return;
    this.#state = 'reading';
    this.#standby.reading = true;
    this.#connection.resume();
  }

  /** For good. */
  stop(): void {
    if (this.#state === 'stopped') return;
    this.#leave('stopped');
    this.#standby.reading = false;
  }

  #leave(state: GateState): void {
    clearTimeout(this.#timer ?? undefined);
    this.#state = state;
    this.#connection.pause();
  }
}

import type { StreamMachineEvent } from '../machine/stream-machine.ts';
import { interrupted, notPossible } from './command-errors.ts';
import { StateWaiters } from './state-waiters.ts';
import type { StreamActor } from './stream-actor.ts';
import type { StreamState, StreamStatus } from './stream-state.ts';

export const isLive = (status: StreamStatus): boolean =>
  status === 'starting' || status === 'running' || status === 'draining' || status === 'failed';

/** Gives commands to a stream's machine, and waits for what they lead to. */
export class StreamCommands {
  readonly #actor: StreamActor;
  readonly #state: () => StreamState;
  readonly #waiters = new StateWaiters<StreamState>();

  constructor(actor: StreamActor, state: () => StreamState) {
    this.#actor = actor;
    this.#state = state;
  }

  can(type: StreamMachineEvent['type']): boolean {
    return this.#actor.getSnapshot().can({ type });
  }

  send(type: StreamMachineEvent['type']): void {
    this.#actor.send({ type });
  }

  /** Where the command changes nothing the stream must be on its way already. Throws `NOT_POSSIBLE` elsewhere. */
  give(command: string, type: StreamMachineEvent['type'], ...underWay: readonly StreamStatus[]): void {
    const { status } = this.#state();
    if (this.can(type)) this.send(type);
    else if (!underWay.includes(status)) throw notPossible(command, status);
  }

  /** Nothing is open, nor will be unless a command comes. */
  isSettled(): boolean {
    const snapshot = this.#actor.getSnapshot();
    return !snapshot.hasTag('open') && !snapshot.matches('waiting') && !snapshot.matches('deleting');
  }

  entered(state: StreamState): void {
    this.#waiters.entered(state);
  }

  until(reached: (state: StreamState) => boolean): Promise<void> {
    return this.#waiters.until(reached, this.#state);
  }

  /** Rejects with what keeps the stream from running. */
  async untilRunning(command: string): Promise<void> {
    // A resumed stream is still `paused` while it opens; it is settled there only when nothing is open.
    await this.until(({ status }) => status === 'running' || this.isSettled());
    const state = this.#state();
    if (state.status === 'running' || state.status === 'finished') return;
    if ((state.status === 'failed-permanently' || state.status === 'not-started') && state.error !== null)
      throw state.error;
    throw interrupted(command, state.status);
  }
}

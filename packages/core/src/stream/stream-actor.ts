import { type Actor, createActor, fromPromise } from 'xstate';
import { asMillraceError } from '../errors/core-errors.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import { backoff, type OpenPurpose, streamMachine } from '../machine/stream-machine.ts';
import { settledWithin } from '../pipeline/run-together.ts';
import type { Session } from './session.ts';

export type StreamActor = Actor<typeof streamMachine>;

export interface StreamActorOptions {
  readonly session: Session;
  readonly isDeletionForced: () => boolean;
  readonly onRetry: (attempt: number, delay: number, error: MillraceError) => void;
}

/** The machine that really runs: its activities are those of the session. */
export const createStreamActor = ({ session, isDeletionForced, onRetry }: StreamActorOptions): StreamActor => {
  let task: Promise<unknown> = Promise.resolve();
  // XState aborts an actor and moves on; `close` must not overtake what was aborted.
  const tracked = <Output, Input>(run: (input: Input, signal: AbortSignal) => Promise<Output>) =>
    fromPromise<Output, Input>(({ input, signal }) => {
      const running = run(input, signal).catch((error) => Promise.reject(asMillraceError(error)));
      task = running;
      return running;
    });
  const machine = streamMachine.provide({
    actors: {
      open: tracked(({ purpose }: { purpose: OpenPurpose }, signal) => session.open(purpose, signal)),
      run: tracked((_: undefined, signal) => session.run(signal)),
      close: fromPromise(async () => {
        await settledWithin(4_000, task);
        await session.close();
      }),
      delete: tracked((_: undefined, signal) => session.delete(isDeletionForced(), signal)),
    },
    actions: {
      drain: () => session.drain(),
    },
    delays: {
      backoff: ({ context: { attempt, error } }) => {
        const delay = jittered(backoff(attempt));
        if (error !== null) onRetry(attempt, delay, error);
        return delay;
      },
    },
  });
  return createActor(machine);
};

/** Up to a fifth earlier, so that many streams do not come back at once. */
const jittered = (delay: number): number => Math.round(delay * (1 - Math.random() / 5));

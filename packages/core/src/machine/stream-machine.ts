import { assign, fromPromise, setup } from 'xstate';
import type { MillraceError } from '../errors/millrace-error.ts';

/** Why the stream leaves a live state; `closing` reads it to pick where to go. */
export type Intent = 'run' | 'pause' | 'stop' | 'restart' | 'retry' | 'fail' | 'finish' | 'reject';

export type FinishReason = 'event-limit' | 'time-limit' | 'snapshot-complete';

/** How long to wait after so many failures in a row, ms. */
export const backoff = (attempt: number): number => Math.min(60_000, 250 * 2 ** (attempt - 1));

/** What opening is for: a new run takes its epoch unconditionally and is validated first; a reconnect keeps its own. */
export type OpenPurpose = 'start' | 'recover' | 'reconnect';

export interface StreamMachineContext {
  readonly intent: Intent;
  /** Failures in a row since something was written. */
  readonly attempt: number;
  readonly error: MillraceError | null;
  readonly finished: FinishReason | null;
}

export type StreamMachineEvent =
  | { type: 'START' }
  | { type: 'PAUSE' }
  | { type: 'RESUME' }
  | { type: 'STOP' }
  | { type: 'RESTART' }
  | { type: 'RECOVER' }
  | { type: 'DELETE' }
  | { type: 'PROGRESS' };

const notProvided = <Output, Input = undefined>() =>
  fromPromise<Output, Input>(() => Promise.reject(new Error('not provided')));

/** The actors reject with nothing but `MillraceError`. */
interface Failure {
  readonly error: MillraceError;
}
const failure = ({ event }: { event: { error: unknown } }): Failure => ({ error: event.error as MillraceError });

const close = (intent: Intent) =>
  ({ target: '#stream.closing', actions: { type: 'intend', params: { intent } } }) as const;
const fail = (intent: Intent) =>
  ({
    target: '#stream.closing',
    actions: [
      { type: 'recordError', params: failure },
      { type: 'intend', params: { intent } },
    ],
  }) as const;
const retryOrFail = [{ guard: { type: 'isRetryable', params: failure }, ...fail('retry') }, fail('fail')] as const;
const leaveOpening = { STOP: close('stop'), PAUSE: close('pause') } as const;
const open = (purpose: OpenPurpose) => ({ id: 'open', src: 'open', input: { purpose }, onDone: 'streaming' }) as const;
const begin = { type: 'beginRun' } as const;

/**
 * The lifecycle of one stream. It decides; the actors, which the runtime provides, do. Every way out of a state that
 * holds connections leads through `closing`, so there is one place that releases them.
 */
export const streamMachine = setup({
  types: {
    context: {} as StreamMachineContext,
    events: {} as StreamMachineEvent,
    tags: {} as 'open',
  },
  actors: {
    open: notProvided<void, { purpose: OpenPurpose }>(),
    run: notProvided<FinishReason | null>(),
    close: notProvided<void>(),
    delete: notProvided<void>(),
  },
  guards: {
    isRetryable: (_, { error }: Failure) => error.recovery === 'retry',
    needsRecovery: (_, { error }: Failure) => error.recovery === 'recover' || error.code === 'FENCED',
    intends: ({ context }, { intent }: { intent: Intent }) => context.intent === intent,
    isLeaving: ({ context }) => context.intent !== 'run',
    mayStop: ({ context }) => context.intent !== 'fail' && context.intent !== 'finish',
    mayPause: ({ context }) => context.intent === 'retry' || context.intent === 'restart',
  },
  actions: {
    intend: assign({ intent: (_, { intent }: { intent: Intent }) => intent }),
    beginRun: assign({ intent: 'run', attempt: 0, error: null, finished: null }),
    recordError: assign({
      error: (_, { error }: Failure) => error,
      attempt: ({ context }) => context.attempt + 1,
    }),
    recordFinish: assign({
      intent: ({ context }, { reason }: { reason: FinishReason | null }) =>
        reason === null ? context.intent : 'finish',
      finished: (_, { reason }: { reason: FinishReason | null }) => reason,
    }),
    clearError: assign({ attempt: 0, error: null }),
    drain: () => {},
  },
  delays: {
    backoff: ({ context }) => backoff(context.attempt),
    drainTimeout: 10_000,
  },
}).createMachine({
  id: 'stream',
  context: { intent: 'run', attempt: 0, error: null, finished: null },
  initial: 'notStarted',
  states: {
    notStarted: { on: { START: { target: 'starting', actions: begin }, DELETE: 'deleting' } },
    starting: {
      tags: 'open',
      invoke: {
        ...open('start'),
        onError: [{ guard: { type: 'needsRecovery', params: failure }, ...fail('fail') }, fail('reject')],
      },
      on: leaveOpening,
    },
    recovering: { tags: 'open', invoke: { ...open('recover'), onError: fail('fail') }, on: leaveOpening },
    resuming: { tags: 'open', invoke: { ...open('reconnect'), onError: retryOrFail }, on: leaveOpening },
    reconnecting: { tags: 'open', invoke: { ...open('reconnect'), onError: retryOrFail }, on: leaveOpening },
    restarting: { tags: 'open', invoke: { ...open('reconnect'), onError: retryOrFail }, on: leaveOpening },
    streaming: {
      tags: 'open',
      initial: 'flowing',
      entry: { type: 'intend', params: { intent: 'run' } },
      invoke: {
        id: 'run',
        src: 'run',
        onDone: {
          target: 'closing',
          actions: { type: 'recordFinish', params: ({ event }) => ({ reason: event.output }) },
        },
        onError: [
          { guard: 'isLeaving', target: 'closing', actions: { type: 'recordError', params: failure } },
          ...retryOrFail,
        ],
      },
      on: { PROGRESS: { actions: 'clearError' } },
      states: {
        flowing: {
          on: {
            STOP: { target: 'draining', actions: { type: 'intend', params: { intent: 'stop' } } },
            PAUSE: { target: 'draining', actions: { type: 'intend', params: { intent: 'pause' } } },
            RESTART: { target: 'draining', actions: { type: 'intend', params: { intent: 'restart' } } },
          },
        },
        draining: {
          entry: 'drain',
          after: { drainTimeout: '#stream.closing' },
          on: {
            // A pause may become a stop, never the reverse.
            STOP: { actions: { type: 'intend', params: { intent: 'stop' } } },
            PAUSE: { guard: 'mayPause', actions: { type: 'intend', params: { intent: 'pause' } } },
          },
        },
      },
    },
    closing: {
      tags: 'open',
      invoke: {
        id: 'close',
        src: 'close',
        onDone: [
          { guard: { type: 'intends', params: { intent: 'pause' } }, target: 'paused' },
          { guard: { type: 'intends', params: { intent: 'retry' } }, target: 'waiting' },
          { guard: { type: 'intends', params: { intent: 'restart' } }, target: 'restarting' },
          { guard: { type: 'intends', params: { intent: 'fail' } }, target: 'failedPermanently' },
          { guard: { type: 'intends', params: { intent: 'finish' } }, target: 'finished' },
          { guard: { type: 'intends', params: { intent: 'reject' } }, target: 'notStarted' },
          { target: 'stopped' },
        ],
        onError: { target: 'failedPermanently', actions: { type: 'recordError', params: failure } },
      },
      on: {
        STOP: { guard: 'mayStop', actions: { type: 'intend', params: { intent: 'stop' } } },
        PAUSE: { guard: 'mayPause', actions: { type: 'intend', params: { intent: 'pause' } } },
      },
    },
    waiting: { after: { backoff: 'reconnecting' }, on: { STOP: 'stopped', PAUSE: 'paused' } },
    paused: { on: { RESUME: 'resuming', STOP: 'stopped', DELETE: 'deleting' } },
    stopped: { on: { START: { target: 'starting', actions: begin }, DELETE: 'deleting' } },
    finished: { on: { START: { target: 'starting', actions: begin }, DELETE: 'deleting' } },
    failedPermanently: { on: { RECOVER: { target: 'recovering', actions: begin }, DELETE: 'deleting' } },
    deleting: {
      invoke: {
        id: 'delete',
        src: 'delete',
        onDone: { target: 'notStarted', actions: 'clearError' },
        onError: { target: 'stopped', actions: { type: 'recordError', params: failure } },
      },
      on: { STOP: 'stopped' },
    },
  },
});

import type { SnapshotFrom } from 'xstate';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import type { FinishReason, Intent, streamMachine } from '../machine/stream-machine.ts';
import type { SnapshotState } from '../snapshot/stream-snapshot.ts';

/** What a start waits for at a server, e.g. transactions that must end before a slot exists. */
export type Waiting = Omit<ConnectorEvent, 'type'>;

/**
 * Where a stream is in its life. `failed` tries again by itself; `failed-permanently` waits for `recover()`. `error`
 * is the one that led there.
 */
export type StreamState =
  | { readonly status: 'not-started'; readonly error: MillraceError | null }
  | { readonly status: 'starting'; readonly waiting: Waiting | null }
  | {
      readonly status: 'running';
      /** What is not live yet; `null`: every table equals its source at the stream's position. */
      readonly snapshot: SnapshotState | null;
    }
  | { readonly status: 'draining' }
  | { readonly status: 'paused' }
  | { readonly status: 'failed'; readonly error: MillraceError | null; readonly attempt: number }
  | { readonly status: 'failed-permanently'; readonly error: MillraceError | null }
  | { readonly status: 'stopped'; readonly error: MillraceError | null }
  | { readonly status: 'finished'; readonly reason: FinishReason | null };

export type StreamStatus = StreamState['status'];

type Snapshot = SnapshotFrom<typeof streamMachine>;

const whileClosing: Readonly<Record<Intent, StreamStatus>> = {
  run: 'running',
  pause: 'draining',
  stop: 'draining',
  restart: 'draining',
  finish: 'draining',
  retry: 'failed',
  fail: 'failed',
  reject: 'starting',
};

const statusOf = ({ value, context }: Snapshot): StreamStatus => {
  if (typeof value === 'object') return value.streaming === 'draining' ? 'draining' : 'running';
  switch (value) {
    case 'notStarted':
      return 'not-started';
    case 'starting':
    case 'recovering':
    case 'restarting':
      return 'starting';
    case 'resuming':
    case 'paused':
      return 'paused';
    case 'reconnecting':
    case 'waiting':
      return 'failed';
    case 'closing':
      return whileClosing[context.intent];
    case 'failedPermanently':
      return 'failed-permanently';
    case 'stopped':
    case 'deleting':
      return 'stopped';
    case 'finished':
      return 'finished';
  }
};

/** The machine's state as users see it. */
export const toStreamState = (
  machine: Snapshot,
  waiting: Waiting | null,
  snapshot: SnapshotState | null,
): StreamState => {
  const status = statusOf(machine);
  const { error, attempt, finished } = machine.context;
  switch (status) {
    case 'not-started':
    case 'failed-permanently':
    case 'stopped':
      return { status, error };
    case 'starting':
      return { status, waiting };
    case 'failed':
      return { status, error, attempt };
    case 'finished':
      return { status, reason: finished };
    case 'running':
      return { status, snapshot };
    case 'draining':
    case 'paused':
      return { status };
  }
};

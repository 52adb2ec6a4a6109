import { expect, vi } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { Sink } from '../contracts/sink.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import { nullSink } from '../sinks/null-sink.ts';
import { createStream } from './create-stream.ts';
import { MemoryLog } from './memory-log.test-support.ts';
import type { StreamStatus } from './stream-state.ts';

export interface Recorded {
  readonly sink: Sink;
  readonly written: number[];
  failNext: MillraceError | null;
  /** Blocks the next writes until called. */
  block(): () => void;
}

/** A sink that records the ids of what is durable, and nothing of a transaction that was given up. */
export const recordingSink = (): Recorded => {
  const written: number[] = [];
  let open: number[] = [];
  let gate: Promise<void> | null = null;
  const recorded: Recorded = {
    written,
    failNext: null,
    block() {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        gate = null;
        release();
      };
    },
    sink: {
      ...nullSink({ name: 'recording' }),
      async open() {
        open = [];
        return null;
      },
      async write(batch, signal) {
        if (gate !== null) {
          const aborted = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          await Promise.race([gate, aborted]);
        }
        const failure = recorded.failNext;
        recorded.failNext = null;
        if (failure !== null) throw failure;
        for (const change of batch.changes) open.push(Number(change.after?.id ?? change.before?.id));
        if (batch.position === null) return;
        written.push(...open);
        open = [];
      },
      async rollback() {
        open = [];
      },
    },
  };
  return recorded;
};

export const until = (reached: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(reached()).toBe(true), { timeout: 5_000, interval: 5 });

export const setup = (options: object = {}) => {
  const log = new MemoryLog();
  const target = recordingSink();
  const statuses: StreamStatus[] = [];
  const stream = createStream({
    id: 'test',
    source: log.source(),
    sink: target.sink,
    checkpoints: memoryCheckpointStore(),
    ...options,
  });
  stream.on('status', ({ status }) => statuses.push(status));
  return { log, target, stream, statuses };
};

export const insert = (id: number, table = 'users') => ({ table, id });

import { expect, vi } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { Sink } from '../contracts/sink.ts';
import { nullSink } from '../sinks/null-sink.ts';
import { createStream } from './create-stream.ts';
import { MemoryLog } from './memory-log.test-support.ts';

export const until = (reached: () => boolean) =>
  vi.waitFor(() => expect(reached()).toBe(true), { timeout: 5_000, interval: 5 });
export const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
export const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error) => String(error.code),
  );

interface Setup {
  readonly source?: object | ((log: MemoryLog) => object);
  readonly sink?: Partial<Sink>;
  readonly options?: object;
}

/** A stream of a log in memory, parts of whose source and sink are others. */
export const setup = ({ source = {}, sink = {}, options = {} }: Setup) => {
  const log = new MemoryLog();
  const written: number[] = [];
  const recording: Sink = {
    ...nullSink({ name: 'array' }),
    async write(batch) {
      for (const { after } of batch.changes) written.push(Number(after?.id));
    },
    ...sink,
  };
  const parts = typeof source === 'function' ? source(log) : source;
  const stream = createStream({
    id: 'interruptions',
    source: { ...log.source(), ...parts },
    sink: recording,
    checkpoints: memoryCheckpointStore(),
    ...options,
  });
  return { log, written, stream };
};

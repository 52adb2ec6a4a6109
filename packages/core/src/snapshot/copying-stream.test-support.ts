import { expect, vi } from 'vitest';
import { memoryCheckpointStore } from '../checkpoints/memory-checkpoint-store.ts';
import type { Sink } from '../contracts/sink.ts';
import { nullSink } from '../sinks/null-sink.ts';
import { createStream } from '../stream/create-stream.ts';
import { MemoryTables } from './memory-tables.test-support.ts';

export const until = (reached: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(reached()).toBe(true), { timeout: 5_000, interval: 5 });

interface Written {
  readonly op: string;
  readonly id: number;
  readonly catchingUp: readonly string[];
}

/** A stream whose sink takes copied rows through `write`, as sinks do that know nothing of copies. */
export const copyingStream = (options: object = {}) => {
  const tables = new MemoryTables();
  const written: Written[] = [];
  const prepared: string[] = [];
  const failures: Error[] = [];
  const sink: Sink = {
    ...nullSink({ name: 'recording' }),
    async prepare(relations, phase) {
      prepared.push(`${phase} ${relations.map(({ table }) => table).join()}`);
    },
    async write(batch, signal) {
      signal.throwIfAborted();
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const catchingUp = [...(batch.catchingUp ?? [])].sort();
      for (const { op, after } of batch.changes) written.push({ op, id: Number(after?.id), catchingUp });
    },
  };
  const checkpoints = memoryCheckpointStore();
  const create = (more: object = {}) =>
    createStream({
      id: 'copy',
      source: tables.source(),
      sink,
      checkpoints,
      copy: { maxBytes: 2_000 },
      ...options,
      ...more,
    });
  const saved = async () => (await checkpoints.list('copy'))[0];
  return { tables, written, prepared, failures, create, saved, stream: create() };
};

import type { RangeProgress } from '../contracts/checkpoint.ts';
import type { Sink } from '../contracts/sink.ts';
import type { Chunk } from '../contracts/source.ts';
import { type ChangeBatch, rebatch } from '../model/change-batch.ts';
import type { ChangePipeline } from '../pipeline/change-pipeline.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { readChanges, transformedChunk } from './copied-rows.ts';
import { advanced, mapTables, type Tables, unfinishedTables } from './table-progress.ts';

/** Puts chunks into the sink, each durable with its progress when the promise resolves. */
export interface ChunkWriter {
  /** How many may be written at once. */
  readonly parallel: number;
  write(chunk: Chunk, signal: AbortSignal): Promise<void>;
}

const withRange = (tables: Tables, range: RangeProgress): Tables =>
  mapTables(tables, (progress, table) => (table === range.table ? advanced(progress, range) : progress));

/** `pipeline`: `null` when rows may pass as they are. */
export const chunkWriter = (sink: Sink, progress: StreamProgress, pipeline: ChangePipeline | null): ChunkWriter => {
  const { writeChunk } = sink;
  if (writeChunk !== undefined)
    return {
      parallel: Math.max(1, sink.capabilities.parallelChunks),
      async write(chunk, signal) {
        await writeChunk.call(sink, pipeline === null ? chunk : await transformedChunk(chunk, pipeline), signal);
        progress.committed(withRange(progress.checkpoint.tables, chunk.progress));
      },
    };
  return {
    parallel: 1,
    async write(chunk, signal) {
      const { position } = progress;
      const rows = readChanges(chunk.rows, position, chunk.bytes);
      const batch: ChangeBatch = pipeline === null ? rows : await pipeline.apply(rows);
      const checkpoint = progress.withTables(withRange(progress.checkpoint.tables, chunk.progress));
      if (batch.changes.length === 0) return progress.save(checkpoint, signal);
      const catchingUp = unfinishedTables(checkpoint.tables);
      await sink.write({ ...rebatch(batch, { position }), checkpoint, catchingUp }, signal);
      await progress.wrote(checkpoint);
    },
  };
};

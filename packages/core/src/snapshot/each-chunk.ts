import type { Chunk } from '../contracts/source.ts';
import { type ByteRate, paced } from './byte-rate.ts';
import { readAhead } from './read-ahead.ts';

export interface ChunkUse {
  readonly read: (signal: AbortSignal) => AsyncIterable<Chunk>;
  readonly rate: ByteRate;
  /** Each in turn; the next one is read meanwhile. */
  readonly use: (chunk: Chunk) => Promise<void>;
}

/** Reads chunks as fast as they are used. Rejects as soon as using one does: what is being read may wait for something. */
export const eachChunk = async ({ read, rate, use }: ChunkUse, signal: AbortSignal): Promise<void> => {
  const left = new AbortController();
  const reading = AbortSignal.any([signal, left.signal]);
  try {
    for await (const chunk of readAhead(paced(read(reading), rate, reading)))
      await use(chunk).catch((error) => {
        left.abort();
        throw error;
      });
  } finally {
    left.abort();
  }
};

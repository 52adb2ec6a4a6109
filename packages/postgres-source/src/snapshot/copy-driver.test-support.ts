import { type Chunk, qualifiedName, type Range, type RangeProgress } from '@millrace/core';
import type { StreamDriver } from '../stream-driver.test-support.ts';

export interface CopyDriverOptions {
  readonly ranges?: number;
  readonly maxBytes?: number;
  /** Called with each chunk, before the next one is asked for. */
  readonly onChunk?: (chunk: Chunk) => Promise<void> | void;
}

export const atStart = (table: string, range: Range): RangeProgress => ({
  table,
  range,
  cursor: null,
  done: false,
  rows: 0,
});

/** Copies what is left of ranges, one after the other. */
export const copyRanges = async (
  { source, abort }: StreamDriver,
  ranges: readonly RangeProgress[],
  { maxBytes = 1024 * 1024, onChunk }: CopyDriverOptions = {},
): Promise<readonly Chunk[]> => {
  const chunks: Chunk[] = [];
  for (const progress of ranges) {
    const request = { table: progress.table, progress, maxBytes };
    for await (const chunk of source.copy?.(request, abort.signal) ?? []) {
      chunks.push(chunk);
      await onChunk?.(chunk);
    }
  }
  return chunks;
};

const copyExactly = async (
  { source, abort }: StreamDriver,
  table: string,
  { maxBytes = 1024 * 1024, onChunk }: CopyDriverOptions,
): Promise<readonly Chunk[]> => {
  const chunks: Chunk[] = [];
  for await (const chunk of source.copyExactly?.({ table, maxBytes }, abort.signal) ?? []) {
    chunks.push(chunk);
    await onChunk?.(chunk);
  }
  return chunks;
};

/** Copies a whole table, in the way that is right for it. */
export const copyTable = async (
  driver: StreamDriver,
  table: string,
  options: CopyDriverOptions = {},
): Promise<readonly Chunk[]> => {
  const plan = await driver.source.planCopy?.(table, options.ranges ?? 1, driver.abort.signal);
  if (plan?.ranges === null) return copyExactly(driver, table, options);
  return copyRanges(
    driver,
    (plan?.ranges ?? []).map((range) => atStart(table, range)),
    options,
  );
};

/** The rows of chunks as their source would write them: by the texts of their columns. */
export const textsOf = (chunks: readonly Chunk[]): readonly (readonly (string | null)[])[] =>
  chunks.flatMap(({ rows, relation }) => [...rows].map((row) => relation.columns.map((_, index) => row.text(index))));

export const tableOf = ({ relation }: Chunk): string => qualifiedName(relation);

import type { TableProgress } from '../contracts/checkpoint.ts';
import { coreError } from '../errors/core-errors.ts';
import { batchEnd, changeBatch, rebatch } from '../model/change-batch.ts';
import type { Transaction } from '../model/position.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { ByteRate } from './byte-rate.ts';
import { chunkBytes } from './chunk-bytes.ts';
import { partOfCopy } from './copied-rows.ts';
import type { CopyOptions } from './copy-tables.ts';
import { eachChunk } from './each-chunk.ts';
import type { ReplacingCopy } from './replacing-copy.ts';
import { copiedExactly, mapTables } from './table-progress.ts';

/**
 * Copies a whole table as it is at one position, as one transaction of the sink: in the end all of it is there, with the
 * checkpoint that says so, or nothing. A sink that takes the parts of a transaction one by one may get rows again.
 */
export const copyExactly = async (options: CopyOptions, table: string, signal: AbortSignal): Promise<void> => {
  const { source, sink, settings, progress, shapes, pipeline, report, replacing } = options;
  if (replacing?.followsOnly === true) return await follow(progress, table, replacing, signal);
  if (replacing?.replaces === true && sink.copies?.(table) === 'once')
    throw coreError(
      'BACKFILL_NOT_POSSIBLE',
      `Rows of ${table} are only appended: copied anew they would be there twice`,
      {
        hint: 'Remove what is there, and start with snapshot: "always", or copy them yourself.',
        details: { table },
      },
    );
  if (replacing?.where != null)
    throw coreError('BACKFILL_NOT_POSSIBLE', `${table} can only be copied as a whole: nothing tells its rows apart`);
  const { copyExactly: copy } = source;
  if (copy === undefined)
    throw coreError('CONNECTOR_INVALID', `${table} has to be copied exactly, and the source ${source.name} cannot`);
  const request = { table, maxBytes: chunkBytes(options) };
  const rate = new ByteRate(() => settings.maxBytesPerSecond);
  let bytes = 0;
  let isEmptied = replacing?.replaces !== true;
  await eachChunk(
    {
      read: (reading) => copy.call(source, request, reading),
      rate,
      async use(chunk) {
        shapes.check(chunk);
        report.read(chunk);
        bytes += chunk.bytes;
        const { through, progress: copied } = chunk;
        const transaction: Transaction = { id: `${table}@${through}`, commitTime: Date.now(), position: through };
        if (!isEmptied) await sink.write({ ...emptying(chunk.relation, transaction), checkpoint: null }, signal);
        isEmptied = true;
        const rows = partOfCopy(chunk, transaction);
        const part = pipeline === null ? rows : await pipeline.apply(rows);
        if (!copied.done) {
          if (part.changes.length > 0) await sink.write({ ...rebatch(part, batchEnd(part)), checkpoint: null }, signal);
          return;
        }
        const tables = mapTables(progress.checkpoint.tables, (each, name) =>
          name === table ? copiedExactly(each, through) : each,
        );
        const checkpoint = progress.withTables(tables);
        await sink.write({ ...rebatch(part, { position: progress.position }), checkpoint }, signal);
        await progress.wrote(checkpoint);
        report.wrote({ progress: copied, length: copied.rows, bytes });
      },
    },
    signal,
  );
};

/** The target has the table as it was at a position, and nothing more is copied. */
const follow = (
  progress: StreamProgress,
  table: string,
  { atLeast }: ReplacingCopy,
  signal: AbortSignal,
): Promise<void> => {
  const position = atLeast ?? progress.position;
  const follows = (each: TableProgress, name: string) => (name === table ? copiedExactly(each, position) : each);
  return progress.save({ tables: mapTables(progress.checkpoint.tables, follows) }, signal);
};

/** Removes the rows that are there, as the first part of the transaction that brings the others. */
const emptying = (relation: Relation, transaction: Transaction) => {
  const change = createChange({
    op: 'truncate',
    table: qualifiedName(relation),
    relation,
    transaction,
    // The first row has 0.
    sequence: -1,
    before: null,
    after: null,
  });
  return changeBatch([change], { position: null, transaction });
};

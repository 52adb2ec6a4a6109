import { coreError } from '../errors/core-errors.ts';
import { batchEnd, rebatch } from '../model/change-batch.ts';
import type { Transaction } from '../model/position.ts';
import { ByteRate } from './byte-rate.ts';
import { partOfCopy } from './copied-rows.ts';
import type { CopyOptions } from './copy-tables.ts';
import { eachChunk } from './each-chunk.ts';
import { copiedExactly, mapTables } from './table-progress.ts';

/**
 * Copies a whole table as it is at one position, as one transaction of the sink: in the end all of it is there, with the
 * checkpoint that says so, or nothing. A sink that takes the parts of a transaction one by one may get rows again.
 */
export const copyExactly = async (options: CopyOptions, table: string, signal: AbortSignal): Promise<void> => {
  const { source, sink, settings, progress, pipeline, report } = options;
  const { copyExactly: copy } = source;
  if (copy === undefined)
    throw coreError('CONNECTOR_INVALID', `The source ${source.name} wants to copy ${table} exactly, and cannot`);
  const request = { table, maxBytes: settings.maxBytes };
  const rate = new ByteRate(() => settings.maxBytesPerSecond);
  let bytes = 0;
  await eachChunk(
    {
      read: (reading) => copy.call(source, request, reading),
      rate,
      async use(chunk) {
        report.read(chunk);
        bytes += chunk.bytes;
        const { through, progress: copied } = chunk;
        const transaction: Transaction = { id: `${table}@${through}`, commitTime: Date.now(), position: through };
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

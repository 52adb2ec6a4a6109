import type { Checkpoint, SinkBatch, Transaction } from '@millrace/core';
import { MemorySink, memoryCapabilities } from './memory-sink.test-support.ts';

/** A sink in memory that gets a transaction in one piece. */
export class WholeMemorySink extends MemorySink {
  override readonly capabilities = { ...memoryCapabilities, transactions: 'whole' } as const;

  async writeTransaction(
    _transaction: Transaction,
    parts: AsyncIterable<SinkBatch>,
    _checkpoint: Checkpoint,
    signal: AbortSignal,
  ) {
    for await (const part of parts) await this.write(part, signal);
  }
}

/** One that gets the rows of copies as changes. */
export class ChangesMemorySink extends MemorySink {
  override readonly writeChunk = undefined as never;
  override readonly side = undefined as never;
}

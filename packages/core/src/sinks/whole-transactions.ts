import type { Sink, SinkBatch } from '../contracts/sink.ts';
import { coreError } from '../errors/core-errors.ts';
import { overridden } from '../model/overridden.ts';
import { SpilledTransaction, type SpillOptions } from '../spill/spilled-transaction.ts';

/**
 * A sink that takes transactions as a whole, for a stream that brings large ones in parts: they are held in a temporary file
 * until their end is there.
 */
export const wholeTransactions = (sink: Sink, options: SpillOptions): Sink => {
  const { writeTransaction, side } = sink;
  if (sink.capabilities.transactions !== 'whole' || writeTransaction === undefined) return sink;
  let open: SpilledTransaction | null = null;
  const giveUp = async () => {
    const given = open;
    open = null;
    await given?.[Symbol.asyncDispose]();
  };
  return overridden(sink, {
    async write(batch: SinkBatch, signal: AbortSignal) {
      if (batch.position === null) {
        open ??= await SpilledTransaction.begin(batch.transaction, options);
        return open.add(batch);
      }
      if (open === null) return sink.write(batch, signal);
      const { checkpoint } = batch;
      if (checkpoint === null) throw coreError('CONNECTOR_INVALID', 'A transaction ended without a checkpoint');
      await open.add(batch);
      await writeTransaction.call(sink, open.transaction, open.parts(), checkpoint, signal);
      await giveUp();
    },
    ...(side && { side: (name: string) => wholeTransactions(side.call(sink, name), options) }),
    async rollback() {
      await giveUp();
      await sink.rollback();
    },
    async close() {
      await giveUp();
      await sink.close();
    },
  });
};

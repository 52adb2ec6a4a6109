import type { EventHub } from '../contracts/event-hub.ts';
import { coreError } from '../errors/core-errors.ts';
import { batchEnd, type ChangeBatch, rebatch } from '../model/change-batch.ts';
import type { Transaction } from '../model/position.ts';
import type { SchemaTracker } from '../schema/schema-tracker.ts';
import type { ChangePipeline } from './change-pipeline.ts';
import { IdleAdvance } from './idle-advance.ts';

export interface ReaderOptions {
  readonly changes: AsyncIterable<ChangeBatch>;
  readonly schema: SchemaTracker;
  readonly pipeline: ChangePipeline;
  readonly hub: EventHub;
  readonly onRead: (batch: ChangeBatch) => void;
  /** Something waits for positions that come without changes. */
  readonly awaitsPositions?: () => boolean;
}

/**
 * The first of the two loops: source, filter and transform, hub. While the hub is full it does not pull. Resolves when
 * the signal asks it to end, with the transaction of which only a part was published, if there is one.
 */
export const readChanges = async (options: ReaderOptions, signal: AbortSignal): Promise<Transaction | null> => {
  const { changes, schema, pipeline, hub, onRead, awaitsPositions } = options;
  let incomplete: Transaction | null = null;
  const idle = new IdleAdvance(hub, signal, () => awaitsPositions?.() === true);
  try {
    for await (const raw of changes) {
      const schemaChanges = schema.observe(raw);
      const piped = await pipeline.apply(raw);
      const batch =
        schemaChanges === piped.schemaChanges ? piped : { ...rebatch(piped, batchEnd(piped)), schemaChanges };
      const isEmpty = batch.changes.length === 0 && schemaChanges.length === 0 && incomplete === null;
      // What the source said beside a position is said once: it must not be dropped with the position.
      if (isEmpty && (batch.position === null || batch.state === undefined)) {
        if (batch.position !== null) idle.hold(batch);
        continue;
      }
      idle.drop();
      const room = hub.publish(batch, signal);
      if (room !== undefined) await room;
      incomplete = batch.position === null ? batch.transaction : null;
      onRead(batch);
    }
  } catch (error) {
    if (signal.aborted) return incomplete;
    throw error;
  } finally {
    idle.close();
  }
  if (signal.aborted) return incomplete;
  throw coreError('CONNECTOR_FAILED', 'The source ended without being asked to');
};

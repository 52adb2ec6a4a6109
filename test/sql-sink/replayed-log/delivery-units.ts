import type { ChangeBatch } from '@millrace/core';
import { mergeBatches } from '../../../packages/core/src/pipeline/merge-batches.ts';

/** What the target has to hold together: one group, or a transaction in several parts. */
export type DeliveryUnit = readonly ChangeBatch[];

/**
 * Merges consecutive batches into groups as a stream may: parts of a transaction never with what came before it, and
 * a batch of tables in another shape never with any before it.
 * `cuts` says, over and over, where a group may end.
 */
export const deliveryUnits = (batches: readonly ChangeBatch[], cuts: readonly boolean[]): readonly DeliveryUnit[] => {
  const units: ChangeBatch[][] = [[]];
  let group: ChangeBatch[] = [];
  for (const [at, batch] of batches.entries()) {
    group.push(batch);
    const next = batches[at + 1];
    const beginsParts = batch.position !== null && next?.position === null;
    const changesShape = next !== undefined && next.schemaChanges.length > 0;
    if (next !== undefined && !beginsParts && !changesShape && cuts[at % cuts.length] !== true) continue;
    const [first, ...rest] = group;
    if (first !== undefined) units.at(-1)?.push(mergeBatches([first, ...rest]));
    if (batch.position !== null) units.push([]);
    group = [];
  }
  return units.filter((unit) => unit.length > 0);
};

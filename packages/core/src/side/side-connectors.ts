import type { Sink } from '../contracts/sink.ts';
import type { Source } from '../contracts/source.ts';
import type { Settings } from '../options/settings.ts';
import { canCopy } from '../snapshot/copying-source.ts';
import type { Tables } from '../snapshot/table-progress.ts';

/** Connectors that have others beside them, for side streams. */
export interface SideConnectors {
  readonly streamId: string;
  readonly source: Source & Required<Pick<Source, 'side'>>;
  readonly sink: Sink &
    Required<
      Pick<
        Sink,
        'side' | 'mergeSide' | 'recheck' | 'writeChunk' | 'readCheckpoint' | 'deleteCheckpoint' | 'saveCheckpoint'
      >
    >;
}

const hasSides = (sink: Sink): sink is SideConnectors['sink'] =>
  sink.capabilities.checkpoints === 'own' &&
  [
    sink.side,
    sink.mergeSide,
    sink.recheck,
    sink.writeChunk,
    sink.readCheckpoint,
    sink.deleteCheckpoint,
    sink.saveCheckpoint,
  ].every((method) => method !== undefined);

/** `null`: source or sink has no side streams. */
export const sideConnectors = ({ id, source }: Settings, sink: Sink): SideConnectors | null =>
  canCopy(source) && source.side !== undefined && hasSides(sink)
    ? { streamId: id, source: source as SideConnectors['source'], sink }
    : null;

/** The smallest number that no table's side stream has. */
export const freeSide = (tables: Tables): string => {
  const taken = new Set(Object.values(tables).map(({ backfill }) => backfill?.side));
  let number = 1;
  while (taken.has(String(number))) number++;
  return String(number);
};

/**
 * Removes what a side stream has left: what it made at the source, then its checkpoint. `isMerged`: its checkpoint went
 * with the merge. What it has not claimed is not its own.
 */
export const releaseSide = async (
  { streamId, source, sink }: SideConnectors,
  side: string,
  isMerged: boolean,
  signal: AbortSignal,
): Promise<void> => {
  const own = sink.side(side);
  const checkpoint = (await own.readCheckpoint?.(streamId, signal)) ?? null;
  await source.side(side).release?.({ streamId, claimed: checkpoint?.claimed ?? isMerged, signal });
  if (checkpoint !== null) await own.deleteCheckpoint?.(streamId, signal);
};

/** Removes everything that side streams have left. */
export const releaseSides = async (connectors: SideConnectors, tables: Tables, signal: AbortSignal): Promise<void> => {
  for (const progress of Object.values(tables)) {
    const side = progress.backfill?.side ?? null;
    if (side !== null) await releaseSide(connectors, side, progress.backfill?.merged === true, signal);
  }
};

/** Unless the source says that it has no such table. */
export const mayBeThere = async (source: Pick<Source, 'describeStorage'>, table: string): Promise<boolean> => {
  const found = await source.describeStorage?.([table]).catch(() => undefined);
  return found === undefined || found.has(table);
};

import type { Sink } from '../contracts/sink.ts';
import type { Source } from '../contracts/source.ts';
import type { Position } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { caughtUp, unfinishedTables } from './table-progress.ts';

/** A table equals its source at this position, and from it on. */
export interface HandoverEvent {
  readonly table: string;
  readonly position: Position;
}

export interface HandoverOptions {
  readonly source: Pick<Source, 'compare'>;
  readonly sink: Pick<Sink, 'prepare'>;
  readonly progress: StreamProgress;
  /** The captured tables, by qualified name. */
  readonly relations: ReadonlyMap<string, Relation>;
  readonly onHandover: (event: HandoverEvent) => void;
}

/**
 * Between two groups: makes the tables live that have caught up. The target is made ready first, so that a crash in
 * between repeats it.
 */
export const handOver = async (options: HandoverOptions, signal: AbortSignal): Promise<void> => {
  const { source, sink, progress, relations, onHandover } = options;
  const { tables } = progress.checkpoint;
  const { position } = progress;
  const changed = caughtUp(tables, position, source.compare.bind(source));
  if (changed === tables) return;
  const still = unfinishedTables(changed);
  const names = [...unfinishedTables(tables)].filter((table) => !still.has(table));
  const handed = names.map((table) => relations.get(table)).filter((relation) => relation !== undefined);
  await sink.prepare?.(handed, 'handover', signal);
  await progress.save({ tables: changed }, signal);
  for (const table of names) onHandover({ table, position });
};

import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { Position } from '../model/position.ts';
import type { KnownColumns } from '../schema/kept-columns.ts';
import type { ReplacingCopy } from '../snapshot/replacing-copy.ts';

/** What one side stream is to do. */
export interface SideTask {
  readonly side: string;
  readonly table: string;
  /** The table's rows may be there already. */
  readonly replaces: boolean;
  /** How the stream knows the table: the target is like that, or further. Absent: not at all. */
  readonly known?: KnownColumns | undefined;
  /** Called with the position from which the table is followed, before anything is copied. */
  readonly settle: (from: Position, signal: AbortSignal) => Promise<ReplacingCopy>;
  readonly onCheckpoint: (checkpoint: Checkpoint) => void;
  /** Something is durable. */
  readonly onProgress: () => void;
}

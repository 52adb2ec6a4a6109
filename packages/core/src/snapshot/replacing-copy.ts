import type { Position } from '../model/position.ts';

/** How a table is copied whose rows the target may hold already. */
export interface ReplacingCopy {
  /** The target may hold rows: they are compared with the source when the copy has seen it. */
  readonly replaces: boolean;
  /** Which rows, as SQL of the source; `null`: all. */
  readonly where: string | null;
  /** No more rows are copied: the target has what there was before `atLeast`. */
  readonly followsOnly: boolean;
  /** What the target may have seen already lies before it. */
  readonly atLeast: Position | null;
}

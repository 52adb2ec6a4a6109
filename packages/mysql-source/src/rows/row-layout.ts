import type { RowFormat } from './row-format.ts';
import type { RowShape } from './row-shape.ts';
import type { TextPlan } from './text-plan.ts';

/** Where the values of rows lie, and how they are read. */
export interface RowLayout extends Pick<RowShape, 'unpack' | 'extent' | 'locate' | 'decoder'> {
  readonly format: Pick<RowFormat, 'relation' | 'mayBeNull'>;
  /** How texts are made and written; `null`: how a column is read depends on the row. */
  readonly plan: TextPlan | null;
}

import type { RowFormat } from './row-format.ts';
import type { RowShape } from './row-shape.ts';

/** Where the values of rows lie, and how they are read. */
export interface RowLayout extends Pick<RowShape, 'unpack' | 'extent' | 'locate' | 'decoder'> {
  readonly format: Pick<RowFormat, 'relation' | 'mayBeNull'>;
}

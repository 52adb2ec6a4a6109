import type { Relation } from '@millrace/core';
import type { ValueDecoder } from '../values/value-decoder.ts';

/** A table's shape and how its values are decoded, shared by all its rows. */
export interface RowFormat {
  readonly relation: Relation;
  /** One for each column. */
  readonly decoders: readonly ValueDecoder[];
}

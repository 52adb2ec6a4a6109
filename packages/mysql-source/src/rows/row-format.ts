import type { Relation } from '@millrace/core';
import type { RowsEvent } from '../binlog/binlog-event.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import { RowImageLayout } from './row-image-layout.ts';
import { RowShape } from './row-shape.ts';

type Present = Pick<RowsEvent, 'before' | 'after'>;

/** A table as the log has its rows, and how their values are read; shared by all of its rows. */
export class RowFormat {
  readonly relation: Relation;
  /** One for each column. */
  readonly decoders: readonly ValueDecoder[];
  readonly #sizes: readonly number[];
  readonly #datesMayBeNull: boolean;
  /** By which columns their images have. */
  readonly #shapes = new Map<string, RowShape>();

  /** `sizes`: as `valueSize` says, one for each column. `datesMayBeNull`: some stand for NULL. */
  constructor(
    relation: Relation,
    decoders: readonly ValueDecoder[],
    sizes: readonly number[],
    datesMayBeNull: boolean,
  ) {
    this.relation = relation;
    this.decoders = decoders;
    this.#sizes = sizes;
    this.#datesMayBeNull = datesMayBeNull;
  }

  decoder(column: number): ValueDecoder {
    const decoder = this.decoders[column];
    if (decoder === undefined) throw new RangeError(`There is no column ${column}`);
    return decoder;
  }

  /** Whether a value that is there may stand for NULL. */
  mayBeNull(column: number): boolean {
    return this.#datesMayBeNull && /^(date|timestamp|timestamptz)$/.test(this.relation.columns[column]?.type ?? '');
  }

  /** What the rows of an event hold. */
  shape({ before, after }: Present): RowShape {
    const key = `${before?.join()};${after?.join()}`;
    const known = this.#shapes.get(key) ?? new RowShape(this, this.#layout(before), this.#layout(after));
    this.#shapes.set(key, known);
    return known;
  }

  #layout(present: Uint8Array | null): RowImageLayout | null {
    return present === null ? null : new RowImageLayout(this.#sizes, present);
  }
}

import { qualifiedName, type Relation } from '@millrace/core';
import type { RowsEvent } from '../binlog/binlog-event.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import { PartialJsonLayout } from './partial-json-layout.ts';
import { rowError } from './row-errors.ts';
import { RowImageLayout } from './row-image-layout.ts';
import { RowShape } from './row-shape.ts';
import { type TextPlan, textPlan } from './text-plan.ts';

type Images = Pick<RowsEvent, 'before' | 'after' | 'partialJson'>;

/** A table as the log has its rows, and how their values are read; shared by all of its rows. */
export class RowFormat {
  readonly relation: Relation;
  /** `schema.table`. */
  readonly table: string;
  /** One for each column. */
  readonly decoders: readonly ValueDecoder[];
  readonly plan: TextPlan;
  readonly #sizes: readonly number[];
  readonly #datesMayBeNull: boolean;
  /** By which columns their images have. */
  readonly #shapes = new Map<string, RowShape>();
  /** The last one that was asked for, which mostly is the next, too. */
  #latest: { readonly images: Images; readonly shape: RowShape } | null = null;

  /** `sizes`: as `valueSize` says, one for each column, and for those that rows have behind them. `datesMayBeNull`: some stand for NULL. */
  constructor(
    relation: Relation,
    decoders: readonly ValueDecoder[],
    sizes: readonly number[],
    datesMayBeNull: boolean,
  ) {
    this.relation = relation;
    this.table = qualifiedName(relation);
    this.decoders = decoders;
    this.plan = textPlan(decoders);
    this.#sizes = sizes;
    this.#datesMayBeNull = datesMayBeNull;
  }

  /** How many columns rows have: those of the relation, and what nobody is told of behind them. */
  get width(): number {
    return this.#sizes.length;
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
  shape(images: Images): RowShape {
    if (this.#latest !== null && areSame(this.#latest.images, images)) return this.#latest.shape;
    const { before, after, partialJson } = images;
    const key = `${before?.join()};${after?.join()};${partialJson}`;
    const shape = this.#shapes.get(key) ?? this.#make(images);
    this.#shapes.set(key, shape);
    this.#latest = { images: { before: copyOf(before), after: copyOf(after), partialJson }, shape };
    return shape;
  }

  /** The error for a document of which the log has only changes. */
  incompleteJson(column: number): Error {
    const { table } = this;
    const name = this.relation.columns[column]?.name;
    return rowError('JSON_INCOMPLETE', `The log has only the changes of a JSON document in ${table}.${name}`, {
      hint: "SET GLOBAL binlog_row_value_options = ''; or SET GLOBAL binlog_row_image = 'FULL';",
      details: { table, column: name },
    });
  }

  #make({ before, after, partialJson }: Images): RowShape {
    const partial = partialJson ? new PartialJsonLayout(this.#jsonColumns()) : null;
    return new RowShape(this, this.#layout(before), this.#layout(after), partial);
  }

  #jsonColumns(): readonly number[] {
    return this.relation.columns.flatMap(({ type }, column) => (type === 'json' ? [column] : []));
  }

  #layout(present: Uint8Array | null): RowImageLayout | null {
    return present === null ? null : new RowImageLayout(this.#sizes, present);
  }
}

/** Not a view: that would keep the memory of an event. */
const copyOf = (present: Uint8Array | null): Uint8Array | null => present && Uint8Array.from(present);

const areSame = (a: Images, b: Images): boolean =>
  a.partialJson === b.partialJson && haveSame(a.before, b.before) && haveSame(a.after, b.after);

const haveSame = (a: Uint8Array | null, b: Uint8Array | null): boolean => {
  if (a === null || b === null) return a === b;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
};

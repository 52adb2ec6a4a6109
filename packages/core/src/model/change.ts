import type { Transaction } from './position.ts';
import type { Relation } from './relation.ts';
import type { RowImage } from './row-image.ts';

/** Row types by table name, e.g. a kysely `Database` interface. */
export type Schema = Record<string, Record<string, unknown>>;

export type Operation = 'insert' | 'update' | 'delete' | 'truncate';

interface ChangeFields<T extends string, R> {
  /**
   * Idempotency key, stable over restarts: the transaction's id with `sequence`, or, for a row of a snapshot, table
   * and key. A row that was copied without a key has one that no other copy of its table has.
   */
  readonly id: string;
  /** As the schema type spells it; `schema.table` when the source is not typed. */
  readonly table: T;
  readonly relation: Relation;
  /** `null` for the rows of a snapshot, unless their table was copied as one transaction. */
  readonly transaction: Transaction | null;
  /** The number of the raw change inside its transaction, counted before any filter. */
  readonly sequence: number;
  readonly image: { readonly after: RowImage | null; readonly before: RowImage | null };
  /**
   * A copy with other values in `after`, for `transform`. Only for changes that have an `after`. Key columns must
   * stay as they are; the copy's images have `wire: 'decoded'`.
   */
  with(values: { readonly after: Partial<R> }): Change<T, R>;
}

/**
 * One change of one row (or the truncation of one table). Values are decoded on first access; an update whose source
 * left columns out has `complete: false` and no key for them in `after`.
 */
export type Change<T extends string = string, R = Record<string, unknown>> = ChangeFields<T, R> &
  (
    | { readonly op: 'read' | 'insert'; readonly after: R; readonly before: null }
    | { readonly op: 'update'; readonly complete: true; readonly after: R; readonly before: Partial<R> | null }
    | {
        readonly op: 'update';
        readonly complete: false;
        readonly after: Partial<R>;
        readonly before: Partial<R> | null;
      }
    | { readonly op: 'delete'; readonly after: null; readonly before: Partial<R> }
    | { readonly op: 'truncate'; readonly after: null; readonly before: null }
  );

/** The changes of all tables of a schema, told apart by `table`. */
export type ChangeOf<S> = { [T in keyof S & string]: Change<T, S[T]> }[keyof S & string];

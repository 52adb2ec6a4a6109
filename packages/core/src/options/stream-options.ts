import type { CheckpointStore } from '../contracts/checkpoint-store.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Sink } from '../contracts/sink.ts';
import type { Source, StartPoint } from '../contracts/source.ts';
import type { Change, ChangeOf, Operation, Schema } from '../model/change.ts';
import type { MaskOption } from '../projection/mask.ts';
import type { SchemaChangesOption } from '../schema/schema-policy.ts';

/** `true` for a source without a schema type, whose tables and columns can be anything. */
type IsUntyped<S> = string extends keyof S ? true : false;

/** A name from the schema type; any name when the source is not typed. */
type TableName<S> = IsUntyped<S> extends true ? string : keyof S & string;

/** `public.*` for every schema that a name of the schema type is qualified with. */
type TablePattern<S> =
  IsUntyped<S> extends true
    ? `${string}.*`
    : keyof S extends infer K
      ? K extends `${infer P}.${string}`
        ? `${P}.*`
        : never
      : never;

type NameOf<T> = T extends { readonly name: infer N } ? N : T;
type Matching<S, N> = N extends `${infer P}.*` ? Extract<keyof S & string, `${P}.${string}`> : N;

/** The columns of a table, or of those that a pattern stands for. */
type ColumnName<S, N> =
  IsUntyped<S> extends true
    ? string
    : { [M in Matching<S, N> & keyof S]: keyof S[M] & string }[Matching<S, N> & keyof S];

/** What is said of one table, or of those that a pattern such as `public.*` stands for. */
interface TableEntry<N, C extends string> {
  readonly name: N;
  readonly operations?: readonly Operation[];
  /** The columns that are delivered. Default: all. Those of the key, by which the log tells rows apart, must be among them. */
  readonly columns?: readonly C[];
  /** The columns that are not delivered; excludes `columns`. */
  readonly exclude?: readonly C[];
  /**
   * What is delivered instead of the values of columns that are not NULL, in every row and change, before `transform`
   * sees them. Columns of the key can only be hashed.
   */
  readonly mask?: { readonly [K in C]?: MaskOption };
  /**
   * Only rows for which it holds are delivered: a condition of one table, as SQL of the source. An update by which a row
   * comes to hold it is delivered as an insert, one by which it ceases to as a delete.
   */
  readonly where?: string;
  /**
   * The columns by which rows are told apart, instead of the primary key: unique and never NULL. Only for a table whose log
   * says whole rows (`REPLICA IDENTITY FULL`).
   */
  readonly key?: readonly C[];
  readonly query?: never;
}

/** A table that is made from a query: its rows are copied as they are at one moment, and not followed. */
interface QueryEntry<N, C extends string> {
  /** No table of the source is called so. */
  readonly name: N;
  /** A SELECT, as SQL of the source. Tables and functions of your own are named with their schema. */
  readonly query: string;
  /** The columns that tell its rows apart: unique and never NULL. Absent: nothing does. */
  readonly key?: readonly C[];
  readonly operations?: never;
  readonly columns?: never;
  readonly exclude?: never;
  readonly mask?: never;
  readonly where?: never;
}

type EntryOf<S, N> = N extends string
  ? TableEntry<N, ColumnName<S, N>> | (N extends `${string}*` ? never : QueryEntry<N, ColumnName<S, N>>)
  : never;

export type TableOption<S> = TableName<S> | TablePattern<S> | EntryOf<S, TableName<S> | TablePattern<S>>;

/** The tables that a `tables` option of type `T` captures. */
type CapturedTable<S, T extends readonly unknown[]> =
  IsUntyped<S> extends true ? string : Matching<S, NameOf<T[number]>> & keyof S & string;

/** The row type of a table: kysely's `ColumnType` stands for its select type. */
type RowOf<R> = { [C in keyof R]: R[C] extends { readonly __select__: infer V } ? V : R[C] };

/** What a `tables` option says of table `N`: its own entry, or those of the patterns that match. */
type EntriesFor<E, N, All = E> =
  N extends NameOf<All>
    ? Extract<E, { readonly name: N }>
    : E extends { readonly name: `${infer P}.*` }
      ? N extends `${P}.${string}`
        ? E
        : never
      : never;

type LeftOut<E, R> = E extends { readonly exclude: readonly (infer C)[] }
  ? C
  : E extends { readonly columns: readonly (infer C)[] }
    ? Exclude<keyof R, C>
    : never;

/** The columns that are texts because they are masked. */
type AsText<E> = E extends { readonly mask: infer M } ? keyof M : never;

type Delivered<R, E> = [LeftOut<E, R> | AsText<E>] extends [never]
  ? R
  : {
      [C in keyof R as C extends LeftOut<E, R> ? never : C]: C extends AsText<E> ? string | Extract<R[C], null> : R[C];
    };

/** The captured part of a schema, as handlers and `transform` see it. */
export type CapturedSchema<S, T extends readonly unknown[]> =
  IsUntyped<S> extends true
    ? Schema
    : { [N in CapturedTable<S, T> & keyof S]: Delivered<RowOf<S[N]>, EntriesFor<T[number], N>> };

/** One function per table: called with the changes of that table in one group, in log order. */
export type Handlers<S> = {
  readonly [N in keyof S & string]?: (
    changes: readonly Change<N, S[N]>[],
    context: { readonly signal: AbortSignal },
  ) => void | Promise<void>;
};

export interface StreamLimits {
  /** Ends the stream with the transaction that reaches it; 0 or absent: none. Counts changes handed to the sink. */
  readonly numberOfEvents?: number;
  /** Ends the stream after so many seconds since `start()`, pauses excluded; 0 or absent: none. */
  readonly elapsedTime?: number;
}

export interface QueueOptions {
  /** Bounds the event hub. Default 10,000. */
  readonly maxChanges?: number;
  /** Default 16 MiB. */
  readonly maxBytes?: number;
}

export interface BatchOptions {
  /** A group closes with the batch that reaches it. Default 5,000. */
  readonly maxRows?: number;
  /** Default 8 MiB. */
  readonly maxBytes?: number;
  /** How long a group may wait for more, in ms. Default 0: it closes when the sink is idle. */
  readonly maxDelay?: number;
}

/** How the rows that a table has at the first start are copied. */
export interface CopyOptions {
  /** How many ranges, of one table or several, are copied at once. Default 2. */
  readonly concurrency?: number;
  /**
   * About how much one statement reads at the source and one transaction writes. Default 2 MiB, and 4 MiB where rows go
   * on as the source has them: from PostgreSQL to PostgreSQL without a `transform`.
   */
  readonly maxBytes?: number;
  /** What all ranges together read from the source, at most. Default 0: as fast as it goes. */
  readonly maxBytesPerSecond?: number;
}

/** The columns that `transform` adds, by table: `{ 'public.users': { full_name: 'text' } }`. */
export type ColumnsOption = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The rows as `transform` sees and makes them: with the columns it adds, which nobody has sent yet. */
type WithColumns<S, C> = {
  [N in keyof S]: N extends keyof C ? S[N] & { readonly [K in keyof C[N]]?: unknown } : S[N];
};

type Transform<S> = (change: ChangeOf<S>) => Change<string, never> | Change | ChangeOf<S> | null;

/** Where large transactions are held for a sink that takes them as a whole. */
export interface SpillOption {
  /** Absent: the system's directory for temporary files. */
  readonly directory?: string;
  /** How much one transaction may take before the stream stops with `TRANSACTION_TOO_LARGE`. Default 1 GiB. */
  readonly maxBytes?: number;
}

interface CommonOptions<S, T extends readonly unknown[], C> {
  /** Names the stream, its checkpoint and its connections: stable over restarts. Letters, digits, `_`, `.`, `-`. */
  readonly id: string;
  readonly source: Source<S>;
  /** What is captured; absent: everything the source offers. */
  readonly tables?: T;
  /**
   * Runs on every change, in order, synchronously. Returns the change, `change.with({ after })`, or `null` to drop
   * it. Key columns must stay as they are; columns it adds are declared in `columns`.
   */
  readonly transform?: Transform<WithColumns<CapturedSchema<S, T>, C>>;
  /** Columns that `transform` adds, with their type at the target: `{ 'public.users': { full_name: 'text' } }`. */
  readonly columns?: C & { readonly [N in Exclude<keyof C, CapturedTable<S, T>>]: never };
  readonly limits?: StreamLimits;
  readonly queue?: QueueOptions;
  readonly batch?: BatchOptions;
  /**
   * What the first start does about rows that exist: `initial` copies them and then follows their changes, `never`
   * follows changes only, `only` ends the stream when every table equals its source at one position. Later starts go
   * on with what the first began. `always` is `initial` at every `start()`, not when the stream resumes or tries again:
   * what was copied is forgotten, and the target's rows of the captured tables are removed, before they are copied anew.
   * Default: `initial`, for sources that can copy.
   */
  readonly snapshot?: 'initial' | 'never' | 'always' | 'only';
  /**
   * Where the first start begins to read, if not where the source does by itself; later ones go on from the checkpoint. For
   * sources that can, and streams that copy nothing. Rejects `START_NOT_POSSIBLE` where the log cannot be read from there.
   */
  readonly startFrom?: StartPoint;
  readonly copy?: CopyOptions;
  readonly spill?: SpillOption;
  /** What happens at the target when captured tables get other columns or names, come, or go. Default: `lenient`. */
  readonly schemaChanges?: SchemaChangesOption;
  readonly logger?: Logger;
}

/**
 * Where changes go: a sink, handlers by table, or, with neither, the loop over `stream.changes()`. What keeps no
 * checkpoints of its own needs a store for them.
 */
type Destination<S, T extends readonly unknown[]> =
  | { readonly sink: Sink | Sink<S>; readonly on?: never; readonly checkpoints?: CheckpointStore }
  | { readonly on: Handlers<CapturedSchema<S, T>>; readonly sink?: never; readonly checkpoints: CheckpointStore }
  | { readonly sink?: never; readonly on?: never; readonly checkpoints: CheckpointStore };

export type StreamOptions<
  S,
  T extends readonly unknown[] = readonly TableOption<S>[],
  C = ColumnsOption,
> = CommonOptions<S, T, C> & Destination<S, T>;

/** A type of methods, whose parameters TypeScript compares either way: a typed stream can stand for any stream. */
type AnyTransform<S> = { transform(...change: Parameters<Transform<S>>): ReturnType<Transform<S>> }['transform'];

/** What `stream.update()` may change: limits, queue, batch, copy and schemaChanges at once, the rest after draining. */
export interface StreamUpdate<S, T extends readonly unknown[] = readonly TableOption<S>[]>
  extends Pick<
    CommonOptions<S, T, ColumnsOption>,
    'tables' | 'limits' | 'queue' | 'batch' | 'copy' | 'schemaChanges' | 'logger'
  > {
  /** `null`: none any more. */
  readonly transform?: AnyTransform<WithColumns<CapturedSchema<S, T>, ColumnsOption>> | null;
}

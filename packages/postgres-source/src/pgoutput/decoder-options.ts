import type { BinaryTypes } from '../values/binary-types.ts';
import type { BatchLimits } from './batch-draft.ts';
import type { RelationRegistry } from './relation-registry.ts';

export interface DecoderOptions {
  readonly limits: BatchLimits;
  /** The primary key of a table as the catalog had it, for tables with REPLICA IDENTITY FULL. */
  readonly primaryKey: (oid: number) => readonly string[] | null;
  /** The position the stream starts after; the server's first keepalives may lie before it. Default: the beginning. */
  readonly after?: bigint | undefined;
  /**
   * A position of the log when the catalog behind `primaryKey` was read. Up to there reading it again would bring
   * nothing new, and a table changes its shape without `RELATION_CHANGED`. Default: the beginning.
   */
  readonly catalogPosition?: bigint | undefined;
  /** Default: values come as text, and nothing is known of types that are not built in. */
  readonly decoding?: ColumnDecoding | undefined;
  /** Where the log says what statements have changed. Default: nowhere. */
  readonly ddl?: DdlMessages | undefined;
  /** Given on from one connection to the next it keeps the relations of tables that did not change. */
  readonly relations?: RelationRegistry | undefined;
}

export interface DdlMessages {
  /** Of the messages that say it. */
  readonly prefix: string;
  /** The captured tables of which all columns are published: the messages do not say which are. */
  readonly tables: ReadonlySet<number>;
}

export interface ColumnDecoding {
  readonly types: BinaryTypes;
  /** Whether anybody looks at the values of a table, so that the catalog was asked for its types. */
  readonly captures: (table: string) => boolean;
  /**
   * Whether values of a table come in binary form and anybody may look at them: a description of such a one that brings
   * a type of which only the text can be read ends the connection with `BINARY_UNREADABLE`.
   */
  readonly binaryTables: (table: string) => boolean;
}

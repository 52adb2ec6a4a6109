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
  /** Present: values come in their binary form. Default: they come as text. */
  readonly binary?: BinaryDecoding | undefined;
  /** Given on from one connection to the next it keeps the relations of tables that did not change. */
  readonly relations?: RelationRegistry | undefined;
}

export interface BinaryDecoding {
  readonly types: BinaryTypes;
  /**
   * Whether anybody may look at the values of a table: a description of such a one that brings a type of which only the
   * text can be read ends the connection with `BINARY_UNREADABLE`.
   */
  readonly captures: (table: string) => boolean;
}

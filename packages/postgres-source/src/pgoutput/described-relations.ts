import { qualifiedName } from '@millrace/core';
import type { TableDescription } from '../ddl/table-description.ts';
import { BinaryTypes } from '../values/binary-types.ts';
import type { RelationMessage, TypeMessage } from './control-messages.ts';
import { decodeError } from './decode-error.ts';
import type { ColumnDecoding, DecoderOptions } from './decoder-options.ts';
import { RelationRegistry } from './relation-registry.ts';
import type { RowFormat } from './row-format.ts';

const textOnly: ColumnDecoding = {
  types: new BinaryTypes(),
  captures: () => false,
  binaryTables: () => false,
};

/** What one connection has said about its tables so far. */
export class DescribedRelations {
  readonly #registry: RelationRegistry;
  readonly #primaryKey: (oid: number) => readonly string[] | null;
  readonly #catalogPosition: bigint;
  readonly #decoding: ColumnDecoding;
  /** What is in force; a registry from an earlier connection knows more tables than this one has described. */
  readonly #formats = new Map<number, RowFormat>();
  /** Primary keys that statements have told of, which the catalog as it was read may not. */
  readonly #primaryKeys = new Map<number, readonly string[]>();
  /** The table that was asked for last, which the next row is likely to be of, too. */
  #lastOid = -1;
  #lastFormat: RowFormat | undefined;

  constructor({ primaryKey, catalogPosition = 0n, decoding = textOnly, relations }: DecoderOptions) {
    this.#registry = relations ?? new RelationRegistry();
    this.#primaryKey = primaryKey;
    this.#catalogPosition = catalogPosition;
    this.#decoding = decoding;
  }

  type(message: TypeMessage): void {
    this.#registry.type(message);
  }

  /** `undefined`: this connection has not described it. */
  get(oid: number): RowFormat | undefined {
    if (oid === this.#lastOid) return this.#lastFormat;
    this.#lastOid = oid;
    this.#lastFormat = this.#formats.get(oid);
    return this.#lastFormat;
  }

  /**
   * Takes a description that stands in the log at `position`; returns whether its replica identity is one there is.
   * Throws `RELATION_CHANGED` or `BINARY_UNREADABLE` when the connection has to end.
   */
  describe(message: RelationMessage, position: bigint): boolean {
    this.#checkKnown(message, position);
    const isFull = message.identity === 'f';
    const told = this.#primaryKeys.get(message.oid);
    const primaryKey = isFull ? (told ?? this.#primaryKey(message.oid)) : null;
    const { types } = this.#decoding;
    const later = this.#formats.has(message.oid) && position >= this.#catalogPosition;
    if (isFull && later && told === undefined && this.#registry.differs(message, primaryKey, types)) {
      const table = qualifiedName(message);
      throw decodeError('RELATION_CHANGED', `The columns of ${table} changed`, { details: { table } });
    }
    const format = this.#registry.relation(message, primaryKey, types);
    if (format === undefined) return false;
    this.#checkReadable(format);
    this.#formats.set(message.oid, format);
    this.#lastOid = -1;
    return true;
  }

  /**
   * Takes what a statement has made of a table; the log describes it again before its next row. Throws as
   * `describe`.
   */
  redescribe({ message, types, primaryKey }: TableDescription, position: bigint): RowFormat | undefined {
    for (const type of types) this.#registry.type(type);
    this.#primaryKeys.set(message.oid, primaryKey);
    return this.describe(message, position) ? this.#formats.get(message.oid) : undefined;
  }

  /** What the log does not say of a type is read again. */
  #checkKnown(message: RelationMessage, position: bigint): void {
    const table = qualifiedName(message);
    if (position < this.#catalogPosition || !this.#decoding.captures(table)) return;
    const column = this.#registry.unknownType(message, this.#decoding.types);
    if (column === undefined) return;
    throw decodeError('RELATION_CHANGED', `${table}.${column} is of a type that is younger than the connection`, {
      details: { table, column },
    });
  }

  /** A value of which nobody could have the text would be an error of its row, and that one for good. */
  #checkReadable({ relation, decoders }: RowFormat): void {
    const table = qualifiedName(relation);
    const column = decoders.findIndex(({ readsBinary }) => !readsBinary);
    if (column < 0 || !this.#decoding.binaryTables(table)) return;
    const { name, native } = relation.columns[column] ?? {};
    throw decodeError('BINARY_UNREADABLE', `Only the text of ${table}.${name} (${native}) can be read`, {
      details: { table, column: name, native },
    });
  }
}

import { qualifiedName } from '@millrace/core';
import type { RelationMessage, TypeMessage } from './control-messages.ts';
import { relationShape } from './relation-shape.ts';
import type { RowFormat } from './row-format.ts';

interface Entry {
  readonly format: RowFormat;
  readonly signature: string;
}

/**
 * The shapes of the tables a source has described. A table keeps its `Relation` object as long as its description
 * stays the same in what matters, however often it is sent: a registry may outlive the decoder it is given to, so
 * that a new connection changes nothing.
 */
export class RelationRegistry {
  readonly #types = new Map<number, TypeMessage>();
  readonly #entries = new Map<number, Entry>();
  /** Also counts on when a table of the same name is made anew. */
  readonly #versions = new Map<string, number>();

  type(message: TypeMessage): void {
    this.#types.set(message.oid, message);
  }

  get(oid: number): RowFormat | undefined {
    return this.#entries.get(oid)?.format;
  }

  /** Whether `relation` would change the shape of a table that is known. */
  differs(message: RelationMessage, primaryKey: readonly string[] | null): boolean {
    const entry = this.#entries.get(message.oid);
    const shape = relationShape(message, this.#types, primaryKey);
    return entry !== undefined && shape !== undefined && entry.signature !== signatureOf(message, shape);
  }

  /** Returns the format that is in force from here on, or `undefined` when the message's replica identity is unknown. */
  relation(message: RelationMessage, primaryKey: readonly string[] | null): RowFormat | undefined {
    const shape = relationShape(message, this.#types, primaryKey);
    if (shape === undefined) return undefined;
    const known = this.#entries.get(message.oid);
    const signature = signatureOf(message, shape);
    if (known?.signature === signature) return known.format;
    const name = qualifiedName(message);
    const version = 1 + Math.max(known?.format.relation.version ?? 0, this.#versions.get(name) ?? 0);
    const format = { ...shape, relation: { ...shape.relation, version } };
    this.#versions.set(name, version);
    this.#entries.set(message.oid, { format, signature });
    return format;
  }
}

/** Equal exactly for the same shape: the flags count by the key they make, types by oid and by name. */
const signatureOf = (message: RelationMessage, { relation }: RowFormat): string =>
  JSON.stringify([relation, message.columns.map(({ type, modifier }) => [type, modifier])]);

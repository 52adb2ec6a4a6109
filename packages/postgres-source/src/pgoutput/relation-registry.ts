import { qualifiedName, type Relation } from '@millrace/core';
import type { BinaryTypes } from '../values/binary-types.ts';
import { takesModifier } from '../values/native-type.ts';
import { ValueForms } from '../values/value-forms.ts';
import type { RelationMessage, TypeMessage } from './control-messages.ts';
import { relationShape } from './relation-shape.ts';
import type { RowFormat } from './row-format.ts';

interface Entry {
  readonly format: RowFormat;
  readonly signature: string;
  /** What the decoders of the format were made with. */
  readonly binaryTypes: BinaryTypes;
}

/**
 * The shapes of the tables a source has described. A table keeps its `Relation` object as long as its description
 * stays the same in what matters, however often it is sent: a registry may outlive the decoder it is given to, so
 * that a new connection changes nothing.
 */
export class RelationRegistry {
  readonly #forms: ValueForms;
  readonly #types = new Map<number, TypeMessage>();
  readonly #entries = new Map<number, Entry>();
  /** Also counts on when a table of the same name is made anew. */
  readonly #versions = new Map<string, number>();

  constructor(forms: ValueForms = new ValueForms()) {
    this.#forms = forms;
  }

  type(message: TypeMessage): void {
    this.#types.set(message.oid, message);
  }

  /**
   * A column of whose type the connection has not heard what the log does not say: that it is an array, which the type is
   * called by `_` and the name of its elements, or which modifier a domain gives to what it is over.
   */
  unknownType({ columns }: RelationMessage, binaryTypes: BinaryTypes): string | undefined {
    return columns.find(({ type: oid }) => {
      const type = this.#types.get(oid);
      if (type === undefined || binaryTypes.knows(oid)) return false;
      return type.schema === 'pg_catalog' ? takesModifier(type.name) : type.name.startsWith('_');
    })?.name;
  }

  /** Whether `relation` would change the shape of a table that is known. */
  differs(message: RelationMessage, primaryKey: readonly string[] | null, binaryTypes: BinaryTypes): boolean {
    const entry = this.#entries.get(message.oid);
    const shape = relationShape(message, this.#types, primaryKey, binaryTypes, this.#forms);
    return entry !== undefined && shape !== undefined && entry.signature !== signatureOf(message, shape);
  }

  /** Returns the format that is in force from here on, or `undefined` when the message's replica identity is unknown. */
  relation(
    message: RelationMessage,
    primaryKey: readonly string[] | null,
    binaryTypes: BinaryTypes,
  ): RowFormat | undefined {
    const shape = relationShape(message, this.#types, primaryKey, binaryTypes, this.#forms);
    if (shape === undefined) return undefined;
    const known = this.#entries.get(message.oid);
    const signature = signatureOf(message, shape);
    if (known?.signature === signature && known.binaryTypes === binaryTypes) return known.format;
    const relation = known?.signature === signature ? known.format.relation : this.#next(message, shape, known);
    const format = { ...shape, relation };
    this.#entries.set(message.oid, { format, signature, binaryTypes });
    return format;
  }

  #next(message: RelationMessage, { relation }: RowFormat, known: Entry | undefined): Relation {
    const name = qualifiedName(message);
    const version = 1 + Math.max(known?.format.relation.version ?? 0, this.#versions.get(name) ?? 0);
    this.#versions.set(name, version);
    return { ...relation, version };
  }
}

/** Equal exactly for the same shape: the flags count by the key they make, types by oid and by name. */
const signatureOf = (message: RelationMessage, { relation }: RowFormat): string =>
  JSON.stringify([relation, message.columns.map(({ type, modifier }) => [type, modifier])]);

import type { Column } from '@millrace/core';
import type { ColumnType } from '../catalog/column-types.ts';
import { arrayText } from './binary-array.ts';
import { multirangeText, rangeText } from './binary-range.ts';
import type { BinaryText } from './binary-text.ts';
import { scalarTexts } from './binary-value.ts';
import { type BuiltinType, builtinElementType, builtinType } from './builtin-types.ts';

const rangeBounds: Readonly<Record<string, string>> = {
  int4range: 'int4',
  int8range: 'int8',
  numrange: 'numeric',
  tsrange: 'timestamp',
  tstzrange: 'timestamptz',
  daterange: 'date',
};

const multirangeRanges: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(rangeBounds).map((range) => [range.replace('range', 'multirange'), range]),
);

const newestVersion = 180_000;

/** What the elements of an array type are. */
export interface ArrayElement {
  /** As the binary form of an array says it. */
  readonly oid: number;
  /** The built-in type that its values are of; `undefined`: they are of no such. */
  readonly builtin: BuiltinType | undefined;
  /** The server's name of it, without a modifier. */
  readonly native: string;
  /** `undefined`: its binary form cannot be read. */
  readonly text: BinaryText | undefined;
  /** What stands between two of them in the text of an array. */
  readonly delimiter: string;
}

/** What a connection knows of types: what values are, which can be read in binary form and how, what domains are over. */
export class BinaryTypes {
  readonly #scalars: Readonly<Record<string, BinaryText | undefined>>;
  readonly #columnTypes: ReadonlyMap<number, ColumnType>;

  /**
   * `serverVersion`: e.g. 140012; the newest known unless told. `columnTypes`: what the catalog says of types that
   * are not built in.
   */
  constructor(
    serverVersion: number = newestVersion,
    columnTypes: ReadonlyMap<number, ColumnType> = new Map<number, ColumnType>(),
  ) {
    this.#scalars = scalarTexts(serverVersion);
    this.#columnTypes = columnTypes;
  }

  /** `undefined`: its binary form does not say what the server would write as its text. */
  text(oid: number): BinaryText | undefined {
    const known = this.#columnTypes.get(oid)?.standsFor ?? oid;
    const type = builtinType(known);
    if (type !== undefined) return this.#named(type.catalogName);
    const element = this.element(known) ?? this.element(oid);
    return element?.text && arrayText(element.oid, element.text, element.delimiter);
  }

  /** Whether the catalog was asked for a type that is not built in. */
  knows(oid: number): boolean {
    return this.#columnTypes.has(oid);
  }

  /** `undefined` for what is no array, as far as is known. */
  element(oid: number): ArrayElement | undefined {
    const builtin = builtinElementType(oid);
    if (builtin !== undefined) {
      const { oid: element, name: native, catalogName } = builtin;
      // `pg_type.typdelim`
      const delimiter = catalogName === 'box' ? ';' : ',';
      return { oid: element, builtin, native, text: this.#named(catalogName), delimiter };
    }
    const known = this.#columnTypes.get(oid)?.element;
    if (!known) return undefined;
    const { oid: element, base, native, standsFor, delimiter } = known;
    return { oid: element, builtin: builtinType(base), native, text: this.text(standsFor), delimiter };
  }

  /** What the values of a type are; `other` where it is not built in. */
  value(oid: number): Pick<Column, 'type' | 'element' | 'delimiter'> {
    const element = this.element(oid);
    if (element === undefined) return { type: builtinType(oid)?.type ?? 'other' };
    const { builtin, delimiter } = element;
    return {
      type: 'array',
      element: builtin?.type ?? 'other',
      ...(delimiter === ',' ? {} : { delimiter }),
    };
  }

  /** Of an array of a type that is not built in, how the server writes it, which the log does not say. */
  arrayName(oid: number): string | undefined {
    return this.#columnTypes.get(oid)?.element?.array;
  }

  /** Of a domain, which the log does not say: the modifier that it gives to what it is over; -1: none, or not known. */
  modifier(oid: number): number {
    return this.#columnTypes.get(oid)?.modifier ?? -1;
  }

  #named(name: string): BinaryText | undefined {
    const bound = rangeBounds[name];
    if (bound !== undefined) return this.#over(bound, rangeText);
    const range = multirangeRanges[name];
    return range === undefined ? this.#scalars[name] : this.#over(range, multirangeText);
  }

  #over(part: string, whole: (part: BinaryText) => BinaryText): BinaryText | undefined {
    const text = this.#named(part);
    return text && whole(text);
  }
}

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

/** What a connection knows of types: which values can be read in binary form and how, and what domains are over. */
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
    const element = builtinElementType(known);
    return element && this.#array(element);
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

  #array({ oid, catalogName }: BuiltinType): BinaryText | undefined {
    const element = this.#named(catalogName);
    // `pg_type.typdelim`
    return element && arrayText(oid, element, catalogName === 'box' ? ';' : ',');
  }
}

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

/** Which types a connection's values can be read of in binary form, and how. */
export class BinaryTypes {
  readonly #scalars: Readonly<Record<string, BinaryText | undefined>>;
  readonly #standIns: ReadonlyMap<number, number>;

  /**
   * `serverVersion`: e.g. 140012; the newest known unless told. `standIns`: for oids of types that are not built in,
   * those of built-in ones with the same two forms, such as that of `text` for an enum.
   */
  constructor(
    serverVersion: number = newestVersion,
    standIns: ReadonlyMap<number, number> = new Map<number, number>(),
  ) {
    this.#scalars = scalarTexts(serverVersion);
    this.#standIns = standIns;
  }

  /** `undefined`: its binary form does not say what the server would write as its text. */
  text(oid: number): BinaryText | undefined {
    const known = this.#standIns.get(oid) ?? oid;
    const type = builtinType(known);
    if (type !== undefined) return this.#named(type.catalogName);
    const element = builtinElementType(known);
    return element && this.#array(element);
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

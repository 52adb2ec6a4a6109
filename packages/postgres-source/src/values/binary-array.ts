import { type BinaryText, fields } from './binary-text.ts';
import { MalformedValue } from './malformed-value.ts';
import { ValueReader } from './value-reader.ts';

/** The most dimensions an array may have. */
export const largestDimensions = 6;

/** What the array's own syntax gives a meaning to, and white space. */
const special = /["\\{} \t\n\v\f\r]/;

const nullWord = /^null$/i;

const quotedWhere = (delimiter: string) => (text: string) => {
  const plain = text !== '' && !nullWord.test(text) && !special.test(text) && !text.includes(delimiter);
  return plain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
};

interface Dimension {
  readonly length: number;
  readonly lowest: number;
}

const dimensions = (reader: ValueReader, count: number): readonly Dimension[] => {
  if (count < 0 || count > largestDimensions) throw new MalformedValue('not an array');
  const found = Array.from({ length: count }, () => ({ length: reader.int32(), lowest: reader.int32() }));
  // Every element has at least its length.
  const elements = found.reduce((product, { length }) => product * length, Math.min(count, 1));
  if (found.some(({ length }) => length < 0) || elements > reader.left / 4) throw new MalformedValue('not an array');
  return elements === 0 ? [] : found;
};

const bounds = (found: readonly Dimension[]): string =>
  found.every(({ lowest }) => lowest === 1)
    ? ''
    : `${found.map(({ lowest, length }) => `[${lowest}:${lowest + length - 1}]`).join('')}=`;

type ReadElement<T> = (bytes: Buffer, start: number, end: number) => T;

/** What becomes of the elements, and of those of one dimension. */
interface Parts<T> {
  readonly element: ReadElement<T>;
  readonly null: T;
  readonly join: (parts: readonly T[]) => T;
}

/**
 * An array of elements of one type (PostgreSQL manual, "Array Input and Output Syntax"): how many dimensions there are,
 * whether there are NULLs, the oid of the elements' type, length and lower bound of each dimension, and the elements.
 */
const readArray = <T>(reader: ValueReader, elementOid: number, { element, null: ofNull, join }: Parts<T>) => {
  const count = reader.int32();
  reader.take(4);
  if (reader.uint32() !== elementOid) throw new MalformedValue('its elements are of another type');
  const found = dimensions(reader, count);
  const one = (): T => {
    const length = reader.int32();
    if (length === -1) return ofNull;
    const start = reader.take(length);
    return element(reader.bytes, start, start + length);
  };
  const nested = (depth: number): T => {
    const part = depth + 1 < found.length ? () => nested(depth + 1) : one;
    return join(Array.from({ length: found[depth]?.length ?? 0 }, part));
  };
  return { found, whole: nested(0) };
};

/** The text of the binary form of an array. */
export const arrayText = (elementOid: number, element: BinaryText, delimiter: string): BinaryText => {
  const quoted = quotedWhere(delimiter);
  const parts: Parts<string> = {
    element: (bytes, start, end) => quoted(element(bytes, start, end)),
    null: 'NULL',
    join: (all) => `{${all.join(delimiter)}}`,
  };
  return fields((reader) => {
    const { found, whole } = readArray(reader, elementOid, parts);
    return bounds(found) + whole;
  });
};

/** Nested JavaScript arrays of the binary form. */
export const arrayOfBinary = (elementOid: number, element: ReadElement<unknown>): ReadElement<unknown> => {
  const parts: Parts<unknown> = { element, null: null, join: (all) => all };
  return (bytes, start, end) => {
    const reader = new ValueReader(bytes, start, end);
    const { whole } = readArray(reader, elementOid, parts);
    reader.finish();
    return whole;
  };
};

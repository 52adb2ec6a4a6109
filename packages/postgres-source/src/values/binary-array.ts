import { type BinaryText, fields } from './binary-text.ts';
import { MalformedValue } from './malformed-value.ts';
import type { ValueReader } from './value-reader.ts';

/** The most dimensions an array may have. */
const largestDimensions = 6;

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

/**
 * An array of elements of one type (PostgreSQL manual, "Array Input and Output Syntax"): how many dimensions there are,
 * whether there are NULLs, the oid of the elements' type, length and lower bound of each dimension, and the elements.
 */
export const arrayText = (elementOid: number, element: BinaryText, delimiter: ',' | ';'): BinaryText => {
  const quoted = quotedWhere(delimiter);
  return fields((reader) => {
    const count = reader.int32();
    reader.take(4);
    if (reader.uint32() !== elementOid) throw new MalformedValue('its elements are of another type');
    const found = dimensions(reader, count);
    if (found.length === 0) return '{}';
    const one = (): string => {
      const length = reader.int32();
      if (length === -1) return 'NULL';
      const start = reader.take(length);
      return quoted(element(reader.bytes, start, start + length));
    };
    const nested = (depth: number): string => {
      const part = depth + 1 < found.length ? () => nested(depth + 1) : one;
      return `{${Array.from({ length: found[depth]?.length ?? 0 }, part).join(delimiter)}}`;
    };
    return bounds(found) + nested(0);
  });
};

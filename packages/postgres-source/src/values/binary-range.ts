import { type BinaryText, fields } from './binary-text.ts';
import type { ValueReader } from './value-reader.ts';

/** The bits of a range's flags (src/include/utils/rangetypes.h). */
const flag = { empty: 1, lowerInclusive: 2, upperInclusive: 4, lowerInfinite: 8, upperInfinite: 16 } as const;

/** What the range's own syntax gives a meaning to, and white space. */
const special = /["\\()[\], \t\n\v\f\r]/;

const quoted = (text: string): string =>
  text === '' || special.test(text) ? `"${text.replace(/["\\]/g, '$&$&')}"` : text;

const sized = (reader: ValueReader, text: BinaryText): string => {
  const length = reader.int32();
  const start = reader.take(length);
  return text(reader.bytes, start, start + length);
};

/** A range over values of one type (PostgreSQL manual, "Range Input/Output"): flags and the bounds that it has. */
export const rangeText = (bound: BinaryText): BinaryText =>
  fields((reader) => {
    const flags = reader.uint8();
    if ((flags & flag.empty) !== 0) return 'empty';
    const lower = (flags & flag.lowerInfinite) !== 0 ? '' : quoted(sized(reader, bound));
    const upper = (flags & flag.upperInfinite) !== 0 ? '' : quoted(sized(reader, bound));
    const opening = (flags & flag.lowerInclusive) !== 0 ? '[' : '(';
    const closing = (flags & flag.upperInclusive) !== 0 ? ']' : ')';
    return `${opening}${lower},${upper}${closing}`;
  });

/** The ranges one after the other. */
export const multirangeText = (range: BinaryText): BinaryText =>
  fields((reader) => {
    const count = reader.count(5);
    return `{${Array.from({ length: count }, () => sized(reader, range)).join(',')}}`;
  });

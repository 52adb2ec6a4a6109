import { partsOf } from './bare-type.ts';

/** Bytes that all columns of a key may have. */
export const mostKeyBytes = 3_072;
/** Bytes that a row may have beside its large values. */
const rowBytes = 65_535;
/** Characters, or bytes, of a value without a length that is in a key. */
const unbounded = 255;
const mostCharacters = 16_383;

const isLarge = /^(?:tiny|medium|long)?(?:text|blob)$|^json$/;
const isBytes = /^(?:(?:var)?binary|(?:tiny|medium|long)?blob)$/;
const isAscii = / character set ascii /;

const sizes: Readonly<Record<string, number>> = {
  tinyint: 1,
  year: 1,
  smallint: 2,
  mediumint: 3,
  date: 3,
  int: 4,
  float: 4,
  inet4: 4,
  uuid: 16,
  inet6: 16,
  decimal: 30,
};

interface KeyColumn {
  readonly type: string;
  readonly characterSet: string | null;
}

const characterBytesOf: Readonly<Record<string, number>> = { ascii: 1, latin1: 1, utf8mb3: 3 };

const characterBytes = (type: string): number => (isBytes.test(partsOf(type).name) || isAscii.test(type) ? 1 : 4);

/** How long a text or bytes may be; `null`: it is neither. */
const lengthOf = (type: string): number | null => {
  const { name, first } = partsOf(type);
  if (isLarge.test(name)) return unbounded;
  return /^(?:var)?(?:char|binary)$/.test(name) ? (first ?? 1) : null;
};

/** Bytes that values of a column have at most in an index, or their beginnings of so many characters. */
export const bytesInKey = ({ type, characterSet }: KeyColumn, length: number | null): number => {
  const { name } = partsOf(type);
  const most = length ?? lengthOf(type);
  if (most === null) return sizes[name] ?? 8;
  return most * (isBytes.test(name) ? 1 : (characterBytesOf[characterSet ?? ''] ?? 4));
};

const withLength = (type: string, length: number): string => {
  const { name, first } = partsOf(type);
  if (first === length) return type;
  const varying = isBytes.test(name) ? 'varbinary' : 'varchar';
  return `${varying}(${length})${type.slice(name.length + (first === null ? 0 : `(${first})`.length))}`;
};

/**
 * The types of the columns of a key: large values get a length, and lengths become shorter where they would not fit into a key.
 * Longer values are refused by the server.
 */
export const fitKey = (types: readonly string[]): readonly string[] => {
  const wished = types.map((type) => (lengthOf(type) ?? 0) * characterBytes(type));
  const fixed = types.filter((type) => lengthOf(type) === null).map((type) => sizes[partsOf(type).name] ?? 8);
  let room = mostKeyBytes - fixed.reduce((sum, size) => sum + size, 0);
  const shortestFirst = types.map((_, at) => at).sort((one, other) => (wished[one] ?? 0) - (wished[other] ?? 0));
  let left = types.length - fixed.length;
  const fitted = [...types];
  for (const at of shortestFirst) {
    const type = types[at] ?? '';
    if (lengthOf(type) === null) continue;
    const given = Math.min(wished[at] ?? 0, Math.floor(room / left));
    fitted[at] = withLength(type, Math.floor(given / characterBytes(type)));
    room -= given;
    left--;
  }
  return fitted;
};

const rowSize = (type: string): number => {
  const { name } = partsOf(type);
  if (isLarge.test(name)) return 12;
  const length = lengthOf(type);
  return length === null ? (sizes[name] ?? 12) : length * characterBytes(type) + 2;
};

const isVarying = /^var(?:char|binary)\(/;
const large = (type: string): string => (type.startsWith('varbinary') ? 'longblob' : 'longtext');

/** The types of a table's columns: its longest texts and bytes, but for those of `kept`, become large values until its rows fit. */
export const fitRow = (types: readonly string[], kept: ReadonlySet<number>): readonly string[] => {
  const fitted = types.map((type, at) =>
    isVarying.test(type) && !kept.has(at) && characterBytes(type) === 4 && (partsOf(type).first ?? 0) > mostCharacters
      ? 'longtext'
      : type,
  );
  let size = fitted.reduce((sum, type) => sum + rowSize(type), Math.ceil(types.length / 8));
  const longestFirst = fitted
    .map((_, at) => at)
    .filter((at) => !kept.has(at) && isVarying.test(fitted[at] ?? ''))
    .sort((one, other) => rowSize(fitted[other] ?? '') - rowSize(fitted[one] ?? ''));
  for (const at of longestFirst) {
    if (size <= rowBytes) break;
    const type = fitted[at] ?? '';
    fitted[at] = large(type);
    size += rowSize(large(type)) - rowSize(type);
  }
  return fitted;
};

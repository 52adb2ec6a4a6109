import { type DeclaredType, declaredType } from '../../values/declared-type.ts';
import { charsetOf } from '../model/collation.ts';
import type { ColumnDefinition } from '../table-definition.ts';
import { integerRange } from './integer-range.ts';

/**
 * Whether every value of a column is the same behind a change of its definition, as rows say it and as the target converts it.
 * What cannot be told counts as changed. `strict`: the statement fails where a value does not fit.
 */
export const keepsValues = (from: ColumnDefinition, to: ColumnDefinition, strict: boolean): boolean => {
  if (from.nullable && !to.nullable && !strict) return false;
  const [before, after] = [declaredType(from.type), declaredType(to.type)];
  if (before === null || after === null) return from.type === to.type && from.collation === to.collation;
  const characters = charactersKept(from.collation, to.collation);
  return characters !== 'others' && (isSameType(before, after) || isWider(before, after, characters));
};

/** What becomes of the characters of a text; `converted`: the same, in more bytes. */
type Characters = 'same' | 'converted' | 'others';

const charactersKept = (from: string | null, to: string | null): Characters => {
  if (from === null || to === null) return from === to ? 'same' : 'others';
  if (charsetOf(from) === charsetOf(to)) return 'same';
  return charsetOf(to) === 'utf8mb4' ? 'converted' : 'others';
};

const isSameType = (before: DeclaredType, after: DeclaredType): boolean =>
  JSON.stringify(before) === JSON.stringify(after) && textBytes[after.name] === undefined;

const textBytes: Readonly<Record<string, number>> = {
  tinytext: 255,
  text: 65_535,
  mediumtext: 16_777_215,
  longtext: 4_294_967_295,
};
const blobBytes: Readonly<Record<string, number>> = {
  tinyblob: 255,
  blob: 65_535,
  mediumblob: 16_777_215,
  longblob: 4_294_967_295,
};

const isWider = (before: DeclaredType, after: DeclaredType, characters: Characters): boolean => {
  const [integers, others] = [integerRange(before), integerRange(after)];
  if (integers !== null && others !== null && before.name !== 'year' && after.name !== 'year')
    return integers.least >= others.least && integers.most <= others.most;
  const [[first = 0, scale = 0], [most = 0, mostScale = 0]] = [before.numbers, after.numbers];
  const isSame = before.name === after.name;
  switch (after.name) {
    case 'decimal':
      return isSame && (before.unsigned || !after.unsigned) && scale <= mostScale && first - scale <= most - mostScale;
    case 'datetime':
    case 'timestamp':
    case 'time':
      return isSame && first <= most;
    case 'enum':
      return isSame && before.values.every((value) => after.values.includes(value));
    // The order of its members is that of their values.
    case 'set':
      return isSame && before.values.every((value, place) => after.values[place] === value);
    case 'char':
      return isSame && first <= most;
    case 'varchar':
      return (isSame || before.name === 'char') && first <= most;
    case 'varbinary':
      return isSame && first <= most;
    default:
      return hasRoom(before, after, characters);
  }
};

/** Types whose size is in bytes. */
const hasRoom = ({ name, numbers }: DeclaredType, after: DeclaredType, characters: Characters): boolean => {
  const [length = 0] = numbers;
  const text = textBytes[after.name];
  // No character takes more than four bytes.
  if (text !== undefined) {
    if (name === 'char' || name === 'varchar') return length * 4 <= text;
    const bytes = textBytes[name];
    return bytes !== undefined && bytes * (characters === 'converted' ? 4 : 1) <= text;
  }
  const blob = blobBytes[after.name];
  const bytes = name === 'varbinary' ? length : blobBytes[name];
  return blob !== undefined && bytes !== undefined && bytes <= blob;
};

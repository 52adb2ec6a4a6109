import { type BuiltinType, builtinElementType, builtinType } from './builtin-types.ts';

/** For `varchar` and `bpchar` the modifier counts the four bytes of a length word. */
const lengthWord = 4;

// The scale is a signed 11-bit number since PostgreSQL 15; before it was never above 1000, where both readings agree.
const numericModifier = (modifier: number): string => {
  const packed = modifier - lengthWord;
  return `(${(packed >> 16) & 0xffff},${((packed & 0x7ff) ^ 1024) - 1024})`;
};

/** `time(3) without time zone`: the modifier comes after the first word. */
const withPrecision = (name: string, modifier: number): string => {
  const [first, ...rest] = name.split(' ');
  return [`${first}(${modifier})`, ...rest].join(' ');
};

// Bits of the fields an interval is limited to, in the upper half of its modifier; all of them: no limit.
const [month, year, day, hour, minute, second] = [1 << 1, 1 << 2, 1 << 3, 1 << 10, 1 << 11, 1 << 12] as const;
const intervalFields = new Map([
  [year, ' year'],
  [month, ' month'],
  [day, ' day'],
  [hour, ' hour'],
  [minute, ' minute'],
  [second, ' second'],
  [year | month, ' year to month'],
  [day | hour, ' day to hour'],
  [day | hour | minute, ' day to minute'],
  [day | hour | minute | second, ' day to second'],
  [hour | minute, ' hour to minute'],
  [hour | minute | second, ' hour to second'],
  [minute | second, ' minute to second'],
]);

const intervalModifier = (modifier: number): string => {
  const precision = modifier & 0xffff;
  return `${intervalFields.get(modifier >> 16) ?? ''}${precision === 0xffff ? '' : `(${precision})`}`;
};

const withModifier = (type: BuiltinType, modifier: number): string => {
  if (modifier < 0) return type.name;
  switch (type.catalogName) {
    case 'varchar':
      return `character varying(${modifier - lengthWord})`;
    case 'bpchar':
      return `character(${modifier - lengthWord})`;
    case 'numeric':
      return `numeric${numericModifier(modifier)}`;
    case 'bit':
      return `bit(${modifier})`;
    case 'varbit':
      return `bit varying(${modifier})`;
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return withPrecision(type.name, modifier);
    case 'interval':
      return `interval${intervalModifier(modifier)}`;
    default:
      return type.name;
  }
};

const modified = 'varchar bpchar numeric bit varbit time timetz timestamp timestamptz interval'.split(' ');

/** Whether a built-in type, or the elements of an array, may have a length or a precision; by its name in the catalog. */
export const takesModifier = (catalogName: string): boolean => modified.includes(catalogName.replace(/^_/, ''));

/**
 * A built-in type with its modifier, spelled as the server's `format_type(oid, typmod)` does (PostgreSQL manual,
 * "System Catalog Information Functions"). `null`: not built in.
 */
export const builtinNativeType = (oid: number, modifier: number): string | null => {
  const type = builtinType(oid);
  if (type !== undefined) return withModifier(type, modifier);
  const element = builtinElementType(oid);
  return element === undefined ? null : `${withModifier(element, modifier)}[]`;
};

import type { DeclaredType } from '../../values/declared-type.ts';

const bits: Readonly<Record<string, bigint>> = { tinyint: 8n, smallint: 16n, mediumint: 24n, int: 32n, bigint: 64n };

/** The values of an integer type; `null` for other types. */
export const integerRange = ({
  name,
  unsigned,
}: Pick<DeclaredType, 'name' | 'unsigned'>): { readonly least: bigint; readonly most: bigint } | null => {
  if (name === 'year') return { least: 1901n, most: 2155n };
  const size = bits[name];
  if (size === undefined) return null;
  return unsigned
    ? { least: 0n, most: 2n ** size - 1n }
    : { least: -(2n ** (size - 1n)), most: 2n ** (size - 1n) - 1n };
};

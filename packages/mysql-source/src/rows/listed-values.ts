import type { MappedColumn } from '../binlog/table-map.ts';
import { characterSetDecoder } from '../charsets/character-set.ts';
import { characterSetOf, collationName } from '../charsets/collations.ts';

/** The values of an ENUM or SET as the log says them, with `binlog_row_metadata=FULL`; `null`: it does not. */
export const listedValues = ({ values, collation }: MappedColumn): readonly string[] | null => {
  const name = collation === undefined ? undefined : collationName(collation);
  const decoder = name === undefined ? undefined : characterSetDecoder(characterSetOf(name));
  if (values === undefined || decoder === undefined) return null;
  return values.map((value) => decoder.text(value, 0, value.length) ?? '');
};

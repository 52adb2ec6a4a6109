import { columnType } from '../binlog/column-type.ts';
import type { TableMap } from '../binlog/table-map.ts';

const { longLong, tiny } = columnType;

/** The columns of the table that MariaDB keeps a sequence in (MariaDB knowledge base, "CREATE SEQUENCE"). */
const columns: readonly (readonly [name: string, type: number])[] = [
  ['next_not_cached_value', longLong],
  ['minimum_value', longLong],
  ['maximum_value', longLong],
  ['start_value', longLong],
  ['increment', longLong],
  ['cache_size', longLong],
  ['cycle_option', tiny],
  ['cycle_count', longLong],
];

/** Whether rows may be those of a sequence: MariaDB logs numbers that it has given out so. The log may say no names. */
export const maybeSequence = ({ columns: mapped }: TableMap): boolean =>
  mapped.length === columns.length &&
  mapped.every(({ type, nullable, name }, index) => {
    const [known, own] = columns[index] ?? [];
    return type === own && !nullable && (name ?? known) === known;
  });

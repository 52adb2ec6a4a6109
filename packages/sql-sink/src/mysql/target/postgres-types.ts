import type { Column } from '@millrace/core';

/** Of a type of PostgreSQL that is not listed, as of a domain, by what its values are. */
const byValues: Partial<Readonly<Record<Column['type'], string>>> = {
  smallint: 'smallint',
  int: 'int',
  bigint: 'bigint',
  float: 'double',
  boolean: 'tinyint(1)',
  bytes: 'longblob',
  date: 'date',
  time: 'time(6)',
  timestamp: 'datetime(6)',
  timestamptz: 'datetime(6)',
  // MariaDB's own type refuses many that RFC 9562 has no version and variant for, e.g. from `md5(…)::uuid`.
  uuid: 'char(36) character set ascii collate ascii_bin',
};

const mostCharacters = 16_383;
const mostBits = 64;

const decimal = (precision: number | null, scale: number): string =>
  precision !== null && precision <= 65 && scale >= 0 && scale <= 30 && scale <= precision
    ? `decimal(${precision},${scale})`
    : 'longtext';

/**
 * The type of MySQL and MariaDB that holds the values of a column of PostgreSQL exactly, or at least refuses one. Text of any
 * length holds what has no such type.
 */
export const fromPostgres = ({ type, native }: Pick<Column, 'type' | 'native'>): string => {
  const [, name = native, first, second = '0', zone = ''] =
    /^(.*?)(?:\((\d+)(?:,(-?\d+))?\))?( with(?:out)? time zone)?$/.exec(native) ?? [];
  const length = first === undefined ? null : Number(first);
  const known = byValues[type] ?? 'longtext';
  switch (`${name}${zone}`) {
    case 'oid':
      return 'int unsigned';
    case 'numeric':
      return decimal(length, Number(second));
    case 'real':
      return 'float';
    case 'character varying':
    case 'character':
      // Never CHAR, which has no spaces at its end.
      return length !== null && length <= mostCharacters ? `varchar(${length})` : 'longtext';
    case '"char"':
    case 'name':
      return 'varchar(64)';
    case 'bit':
      return length !== null && length <= mostBits ? `bit(${length})` : 'longtext';
    case 'time without time zone':
      return `time(${length ?? 6})`;
    case 'timestamp without time zone':
    case 'timestamp with time zone':
      return `datetime(${length ?? 6})`;
    default:
      return known;
  }
};

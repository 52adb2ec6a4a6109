/** The type of PostgreSQL that holds every value of a type of MySQL or MariaDB, as those write it (`int unsigned`). */
export const postgresType = (native: string): string => {
  const [, name = native, modifier = '', rest = ''] =
    /^([a-z0-9]+(?: precision)?)(\([^)]*\))?(.*)$/s.exec(native) ?? [];
  const unsigned = rest.includes('unsigned');
  switch (name) {
    case 'tinyint':
    case 'year':
      return 'smallint';
    case 'smallint':
      return unsigned ? 'integer' : 'smallint';
    case 'mediumint':
      return 'integer';
    case 'int':
      return unsigned ? 'bigint' : 'integer';
    case 'bigint':
      return unsigned ? 'numeric(20,0)' : 'bigint';
    case 'decimal':
      return `numeric${modifier}`;
    case 'float':
      return 'real';
    case 'double':
      return 'double precision';
    case 'char':
    case 'varchar':
      return `character varying${modifier}`;
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
    case 'geometry':
    case 'point':
    case 'linestring':
    case 'polygon':
    case 'multipoint':
    case 'multilinestring':
    case 'multipolygon':
    case 'geometrycollection':
    case 'geomcollection':
      return 'bytea';
    case 'bit':
      return `bit${modifier}`;
    // It may be negative, and up to 838 hours long.
    case 'time':
      return `interval${modifier === '' ? '(0)' : modifier}`;
    case 'uuid':
      return 'uuid';
    case 'inet4':
    case 'inet6':
      return 'inet';
    case 'date':
      return 'date';
    case 'datetime':
      return `timestamp${modifier === '' ? '(0)' : modifier} without time zone`;
    case 'timestamp':
      return `timestamp${modifier === '' ? '(0)' : modifier} with time zone`;
    case 'json':
      return 'json';
    default:
      return 'text';
  }
};

/**
 * A number for the columns of a table: names, types and places. `oid`: an SQL expression. Another number means another
 * shape.
 */
export const fingerprintOf = (oid: string): string => `(
  SELECT pg_catalog.hashtextextended(pg_catalog.string_agg(
    pg_catalog.format('%s %I %s %s %s', f.attnum, f.attname, f.atttypid, f.atttypmod, f.attgenerated), ',' ORDER BY f.attnum), 0)
  FROM pg_catalog.pg_attribute f WHERE f.attrelid = ${oid} AND f.attnum > 0 AND NOT f.attisdropped)`;

import type { Column } from '@millrace/core';

const typeName = (type: string): string => /^[a-z]+/.exec(type)?.[0] ?? type;

const texts = /^(?:(?:var)?char|(?:tiny|medium|long)?text|enum|set)$/;
const bytes = /^(?:(?:var)?binary|(?:tiny|medium|long)?blob)$/;
const opaque = /^(?:geometry|(?:multi)?(?:point|linestring|polygon)|geom(?:etry)?collection|vector)$/;

/** SQL that is true where a column of this type holds the very value of a constant, whatever its collation says is equal. */
export const isSameValue = (column: string, type: string, constant: string): string => {
  const name = typeName(type);
  if (texts.test(name)) return `CAST(CONVERT(${column} USING utf8mb4) AS BINARY) = CAST(${constant} AS BINARY)`;
  if (name === 'float') return `${column} = CAST(${constant} AS FLOAT)`;
  if (name === 'json') return `${column} = CAST(${constant} AS JSON)`;
  return opaque.test(name) ? `HEX(${column}) = HEX(${constant})` : `${column} = ${constant}`;
};

/** SQL of the canonical text of a column of this type, whose values come from a column of `source`. */
export const printedValue = (column: string, type: string, source: Column['type']): string => {
  const name = typeName(type);
  if (bytes.test(name) && source === 'bytes') return `CONCAT('\\\\x', LOWER(HEX(${column})))`;
  if (name === 'bit') {
    const length = /\d+/.exec(type)?.[0] ?? '1';
    return source === 'other' ? `LPAD(BIN(${column}), ${length}, '0')` : `CAST(${column} + 0 AS CHAR)`;
  }
  // As a FLOAT it would have six digits.
  const exact = name === 'float' ? `CAST(${column} AS DOUBLE)` : column;
  return `CAST(${exact} AS CHAR CHARACTER SET utf8mb4)`;
};

/** Any name as an SQL identifier: PostgreSQL folds nothing inside double quotes. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quoteQualified = (schema: string, name: string): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

/** A string constant, for sessions with `standard_conforming_strings = on`, which every session here pins. */
export const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;

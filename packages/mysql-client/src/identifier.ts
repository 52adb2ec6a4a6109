/** Any name as an SQL identifier. */
export const quoteIdentifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

export const quoteQualified = (schema: string, name: string): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

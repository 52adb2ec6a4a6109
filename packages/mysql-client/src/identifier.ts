/** Any name as an SQL identifier. */
export const quoteIdentifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

export const quoteQualified = (schema: string, name: string): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

/** A text constant, for sessions without `NO_BACKSLASH_ESCAPES`, which every session here pins. */
export const quoteLiteral = (text: string): string =>
  `'${text.replace(/[\0'\\]/g, (character) => (character === '\0' ? '\\0' : character + character))}'`;

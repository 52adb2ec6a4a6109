import { NotUnderstood } from './ddl/not-understood.ts';
import { type TableName, TokenReader } from './ddl/token-reader.ts';
import type { Token } from './ddl/tokens.ts';

/** The first keywords of a statement, for messages: nothing that was chosen by who wrote it. */
export const statementKind = (tokens: readonly Token[]): string => {
  const kinds =
    /^(?:CREATE|ALTER|DROP|RENAME|TRUNCATE|OR|REPLACE|TEMPORARY|TABLES?|UNIQUE|INDEX|DATABASE|SCHEMA|INSERT|UPDATE|DELETE|LOAD|CALL|WITH)$/;
  const keywords = tokens.slice(0, 4).map(({ keyword }) => keyword);
  const end = keywords.findIndex((keyword) => !kinds.test(keyword));
  return keywords.slice(0, end < 0 ? 4 : end).join(' ') || 'a statement';
};

/** Whether a statement about one table may bring a second one into it. */
export const mayNameOthers = (tokens: readonly Token[]): boolean =>
  tokens.some(({ keyword }, at) => {
    const next = tokens[at + 1]?.keyword ?? '';
    if (keyword === 'RENAME') return !['COLUMN', 'INDEX', 'KEY'].includes(next);
    return keyword === 'EXCHANGE' || (keyword === 'CONVERT' && next !== 'TO');
  });

/** The table that a statement is about, though the rest of it is not understood; `null`: it names several or none, or may do so. */
export const namedTable = (tokens: readonly Token[]): TableName | null => {
  if (tokens.at(-1)?.kind === 'unended') return null;
  const reader = new TokenReader(tokens);
  try {
    if (reader.take('CREATE')) {
      reader.take('OR', 'REPLACE');
      if (reader.take('TABLE')) {
        reader.take('IF', 'NOT', 'EXISTS');
        return reader.tableName();
      }
      return indexed(reader);
    }
    if (reader.take('ALTER')) {
      while (reader.takeOne('ONLINE', 'OFFLINE', 'IGNORE') !== null);
      reader.expect('TABLE');
      reader.take('IF', 'EXISTS');
      return reader.tableName();
    }
    if (reader.take('TRUNCATE')) {
      reader.take('TABLE');
      return reader.tableName();
    }
    return reader.take('DROP') ? indexed(reader) : null;
  } catch (error) {
    if (error instanceof NotUnderstood) return null;
    throw error;
  }
};

/** `[UNIQUE …] INDEX name ON table`. */
const indexed = (reader: TokenReader): TableName | null => {
  reader.takeOne('UNIQUE', 'FULLTEXT', 'SPATIAL', 'VECTOR');
  reader.expect('INDEX');
  while (!reader.ended) {
    if (reader.take('ON')) return reader.tableName();
    reader.next();
  }
  return null;
};

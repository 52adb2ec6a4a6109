import { parseStatement } from './ddl/parse-statement.ts';
import type { Statement } from './ddl/statement.ts';
import { TokenReader } from './ddl/token-reader.ts';
import { type Dialect, type Token, tokenize } from './ddl/tokens.ts';
import type { SchemaSettings } from './model/schema-settings.ts';

/** A statement of the log: a `query` event is one. */
export interface LoggedStatement {
  readonly sql: string;
  /** The current database of the session; empty: none. */
  readonly schema: string;
  readonly sqlMode: bigint | null;
  readonly ansiQuotes: boolean;
}

const realAsFloat = 1n;
const noBackslashEscapes = 1n << 20n;

/** How the session of a statement writes what it means. */
export const dialectOf = ({ sqlMode, ansiQuotes }: LoggedStatement, { flavor, version }: SchemaSettings): Dialect => ({
  flavor,
  version,
  ansiQuotes,
  noBackslashEscapes: ((sqlMode ?? 0n) & noBackslashEscapes) !== 0n,
});

/** Throws `NotUnderstood`. */
export const parseTokens = (tokens: readonly Token[], { sqlMode }: LoggedStatement, dialect: Dialect): Statement =>
  parseStatement(new TokenReader(tokens), dialect, ((sqlMode ?? 0n) & realAsFloat) !== 0n);

/** Throws `NotUnderstood`. */
export const parseLogged = (statement: LoggedStatement, settings: SchemaSettings): Statement => {
  const dialect = dialectOf(statement, settings);
  return parseTokens(tokenize(statement.sql, dialect), statement, dialect);
};

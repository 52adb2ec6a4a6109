import { collationName } from '../charsets/collations.ts';
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
  /** Settings of the session, collations by number; absent or `null`: the log does not say. */
  readonly serverCollation?: number | null;
  readonly utf8mb4Collation?: number | null;
  readonly explicitDefaults?: boolean | null;
}

const realAsFloat = 1n;
const noBackslashEscapes = 1n << 20n;

/** Since this version sessions of MariaDB have their own `explicit_defaults_for_timestamp`, logged where it is on. */
const explicitDefaultsOfSessions = 100_804;

/** What the server did with a statement by: the settings of its session where the log says them, or its own. */
export const settingsOf = (statement: LoggedStatement, settings: SchemaSettings): SchemaSettings => {
  const { serverCollation, utf8mb4Collation, explicitDefaults } = statement;
  const unsaid = settings.flavor === 'mariadb' && settings.version >= explicitDefaultsOfSessions;
  const { utf8mb4 } = settings.charsets;
  const ofUtf8mb4 = collationName(utf8mb4Collation ?? 0);
  return {
    ...settings,
    defaultCollation: collationName(serverCollation ?? 0) ?? settings.defaultCollation,
    explicitDefaultsForTimestamp: explicitDefaults ?? (unsaid ? false : settings.explicitDefaultsForTimestamp),
    charsets:
      utf8mb4 === undefined || ofUtf8mb4 === undefined
        ? settings.charsets
        : { ...settings.charsets, utf8mb4: { ...utf8mb4, defaultCollation: ofUtf8mb4 } },
  };
};

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

import type { ServerVersion } from '../server-version.ts';

/**
 * Strict, and without the modes that change what a text constant or an identifier is (`ANSI_QUOTES`,
 * `NO_BACKSLASH_ESCAPES`) or the text of a value (`PAD_CHAR_TO_FULL_LENGTH`). Zero dates may be compared with.
 */
const sqlMode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** What the text of a value and the outcome of a statement depend on, whatever server and user say. */
const common: Readonly<Record<string, string>> = {
  time_zone: "'+00:00'",
  sql_mode: `'${sqlMode}'`,
  autocommit: '1',
  completion_type: "'NO_CHAIN'",
  lc_time_names: "'en_US'",
  lc_messages: "'en_US'",
  div_precision_increment: '4',
  sql_auto_is_null: '0',
  sql_quote_show_create: '1',
  sql_safe_updates: '0',
  sql_select_limit: '18446744073709551615',
  group_concat_max_len: '4294967295',
  wait_timeout: '28800',
};

/** Since MySQL 8.0.30 a table may have a key that `information_schema` hides, but the log does not. */
const hidesKeys = 80_030;

const own = ({ kind, version }: ServerVersion): Readonly<Record<string, string>> => {
  if (kind === 'mariadb') return { max_statement_time: '0', old_mode: "'UTF8_IS_UTF8MB3'" };
  return {
    max_execution_time: '0',
    ...(version < hidesKeys ? {} : { show_gipk_in_create_table_and_information_schema: '1' }),
  };
};

/** The statements by which a new session is made the same on every server. */
export const pinnedSettings = (server: ServerVersion): readonly string[] => {
  const settings = Object.entries({ ...common, ...own(server) }).map(([name, value]) => `SESSION ${name} = ${value}`);
  return [`SET NAMES utf8mb4, ${settings.join(', ')}`, 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ'];
};

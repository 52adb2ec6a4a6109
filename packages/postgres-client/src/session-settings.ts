/** What the text of a value depends on. */
export const valueSettings: Readonly<Record<string, string>> = {
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  lc_monetary: 'C',
  xmloption: 'content',
  quote_all_identifiers: 'off',
};

/**
 * What the text of a value and the outcome of a statement depend on, whatever server, database and role say: startup
 * options win over `ALTER DATABASE … SET` and `ALTER ROLE … SET` (PostgreSQL manual, "Setting Parameters").
 * `client_encoding=UTF8` is sent by the driver itself.
 */
const pinnedSettings: Readonly<Record<string, string>> = {
  ...valueSettings,
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  search_path: '',
  default_transaction_isolation: 'read committed',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_session_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

const escaped = (value: string): string => value.replace(/[\\ ]/g, '\\$&');

/** The `options` startup parameter: the user's own first, then the pinned settings, then those of this connection. */
export const startupOptions = (own: string | undefined, settings: Readonly<Record<string, string>>): string =>
  [
    ...(own ? [own] : []),
    ...Object.entries({ ...pinnedSettings, ...settings }).map(([name, value]) => `-c ${name}=${escaped(value)}`),
  ].join(' ');

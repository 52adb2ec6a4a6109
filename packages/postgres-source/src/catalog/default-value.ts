import type { DefaultValue } from '@millrace/core';

const now =
  /^(?:(?:pg_catalog\.)?(?:now|transaction_timestamp)\(\)|CURRENT_TIMESTAMP|LOCALTIMESTAMP|CURRENT_DATE|LOCALTIME)(?:\(\d\))?$/;

// The server writes every other expression that begins with a constant in parentheses.
const typed = /^(E?)'((?:[^']|'')*)'(?:::[^']+)?$/;

const constant = (text: string | null): DefaultValue => ({ kind: 'constant', text });

/** What the default of a column is, as the server writes it; `null`: an expression. */
export const defaultValue = (sql: string): DefaultValue | null => {
  if (now.test(sql)) return { kind: 'now', onUpdate: false };
  if (/^NULL(?:::.*)?$/.test(sql)) return constant(null);
  if (sql === 'true' || sql === 'false') return constant(sql.charAt(0));
  if (/^\d+(?:\.\d+)?$/.test(sql)) return constant(sql);
  const [, escaped, quoted] = typed.exec(sql) ?? [];
  if (quoted === undefined) return null;
  const text = quoted.replaceAll("''", "'");
  return constant(escaped === 'E' ? text.replaceAll('\\\\', '\\') : text);
};

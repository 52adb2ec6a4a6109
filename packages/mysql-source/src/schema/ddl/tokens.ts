/**
 * A piece of a statement. `name`: a quoted identifier, so never a keyword. `unended`: all that is left, behind a quote or
 * comment that has no end. `text`: without quotes and escapes.
 */
export interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'symbol' | 'variable' | 'unended';
  readonly text: string;
  /** In upper case, of words only; empty for the others. */
  readonly keyword: string;
  /** Where it begins and ends in the statement. */
  readonly start: number;
  readonly end: number;
}

/** How a server reads text: depends on the session that sent the statement, and on the server that executed it. */
export interface Dialect {
  readonly flavor: 'mysql' | 'mariadb';
  /** As comments for servers of a version have it: 90704 is 9.7.4, 101118 is 10.11.18. */
  readonly version: number;
  readonly ansiQuotes: boolean;
  readonly noBackslashEscapes: boolean;
}

const escapes: Readonly<Record<string, string>> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };
const isWordPart = (char: string | undefined) => char !== undefined && (/[\w$]/.test(char) || char >= '\u0080');
const number = /(?:0x[0-9a-f]+|0b[01]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\w$\u0080-\uffff])/iy;
const word = /[\w$\u0080-\uffff]+/y;

/**
 * Takes a statement apart as the server's own scanner does, what stands in comments for its own
 * version included. Bodies of routines may be written otherwise (`$$ … $$`): what stands in them says nothing.
 */
export const tokenize = (sql: string, dialect: Dialect): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  let executed = 0;

  const push = (kind: Token['kind'], text: string, start: number) => {
    tokens.push({ kind, text, keyword: kind === 'word' ? text.toUpperCase() : '', start, end: at });
  };

  const pushQuoted = (kind: Token['kind'], withEscapes: boolean) => {
    const start = at;
    const text = quoted(sql[at] as string, withEscapes);
    push(text === null ? 'unended' : kind, text ?? '', start);
  };

  const quoted = (quote: string, withEscapes: boolean): string | null => {
    let text = '';
    for (at++; at < sql.length; at++) {
      const char = sql[at] as string;
      if (char === quote) {
        if (sql[at + 1] !== quote) {
          at++;
          return text;
        }
        at++;
        text += quote;
      } else if (char === '\\' && withEscapes) {
        const next = sql[++at] ?? '';
        text += next === '%' || next === '_' ? `\\${next}` : (escapes[next] ?? next);
      } else text += char;
    }
    at = sql.length;
    return null;
  };

  const skipLine = () => {
    const end = sql.indexOf('\n', at);
    at = end < 0 ? sql.length : end + 1;
  };

  /** Only comments for other versions hold others, and those hold none. */
  const skipComment = (levels: number): void => {
    const start = at;
    for (at += 2; at < sql.length; ) {
      if (sql.startsWith('*/', at)) {
        at += 2;
        return;
      }
      if (levels > 0 && sql.startsWith('/*', at)) skipComment(levels - 1);
      else at++;
    }
    at = sql.length;
    if (tokens.at(-1)?.kind !== 'unended') push('unended', '', start);
  };

  /** Whether the comment that begins here is executed; then only its beginning is skipped. */
  const entersComment = (): boolean => {
    const [begin, own, digits] = /^\/\*(M?)!(\d{5,6})?/.exec(sql.slice(at, at + 10)) ?? [];
    if (begin === undefined || (own !== '' && dialect.flavor !== 'mariadb')) return false;
    const least = Number(digits ?? 0);
    const foreign = dialect.flavor === 'mariadb' && own === '' && least >= 50700 && least <= 99999;
    if (foreign || least > dialect.version) return false;
    at += begin.length;
    return true;
  };

  while (at < sql.length) {
    const start = at;
    const char = sql[at] as string;
    const previous = tokens.at(-1);
    const qualified = previous?.text === '.' && previous.kind === 'symbol' && previous.end === at;
    number.lastIndex = at;
    word.lastIndex = at;
    if (/\s/.test(char)) at++;
    else if (char === '#' || (sql.startsWith('--', at) && /[\s\0]|^$/.test(sql[at + 2] ?? ''))) skipLine();
    else if (sql.startsWith('/*', at)) {
      if (entersComment()) executed++;
      else skipComment(/[!M]/.test(sql[at + 2] ?? '') ? 1 : 0);
    } else if (executed > 0 && sql.startsWith('*/', at)) {
      executed--;
      at += 2;
    } else if (char === '`' || (char === '"' && dialect.ansiQuotes)) pushQuoted('name', false);
    else if (char === "'" || char === '"') pushQuoted('string', !dialect.noBackslashEscapes);
    else if (char === '@') {
      for (at++; sql[at] === '@' || sql[at] === '.' || isWordPart(sql[at]); ) at++;
      push('variable', sql.slice(start, at), start);
    } else if (!qualified && !(char === '.' && isNameBefore(previous, at)) && number.test(sql)) {
      at = number.lastIndex;
      push('number', sql.slice(start, at), start);
    } else if (word.test(sql)) {
      at = word.lastIndex;
      push('word', sql.slice(start, at), start);
    } else {
      at++;
      push('symbol', char, start);
    }
  }
  return tokens;
};

const isNameBefore = (token: Token | undefined, at: number) =>
  token !== undefined && token.end === at && (token.kind === 'word' || token.kind === 'name');

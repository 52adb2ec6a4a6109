const space = /\s/;
const wordPart = /[\p{L}\p{N}_$]/u;
const versionDigits = 6;

/**
 * Reads the first words of a statement: comments are passed over, but what stands in one that begins with
 * `/*!` or `/*M!` counts, as it did at the server that logged it.
 */
export class StatementScanner {
  readonly #sql: string;
  #at = 0;

  constructor(sql: string) {
    this.#sql = sql;
  }

  get atEnd(): boolean {
    this.#skip();
    return this.#at >= this.#sql.length;
  }

  /** The next word in upper case; empty where something else stands. */
  word(): string {
    this.#skip();
    const start = this.#at;
    while (this.#at < this.#sql.length && wordPart.test(this.#sql.charAt(this.#at))) this.#at++;
    return this.#sql.slice(start, this.#at).toUpperCase();
  }

  /** Whether the next character is this one, which is passed over then. */
  character(character: string): boolean {
    this.#skip();
    if (this.#sql[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** What stands in the next quotes; `null` where none are. */
  quoted(): string | null {
    this.#skip();
    const quote = this.#sql[this.#at];
    if (quote !== "'" && quote !== '"' && quote !== '`') return null;
    let text = '';
    for (this.#at++; this.#at < this.#sql.length; this.#at++) {
      let character = this.#sql.charAt(this.#at);
      if (character === quote && this.#sql[++this.#at] !== quote) return text;
      if (character === '\\' && quote !== '`') character = this.#sql.charAt(++this.#at);
      text += character;
    }
    return text;
  }

  /** A name, in quotes or not. */
  name(): string {
    const quoted = this.quoted();
    if (quoted !== null) return quoted;
    const start = this.#at;
    const word = this.word();
    return this.#sql.slice(start, start + word.length);
  }

  /** Passes over everything up to and including the word, outside of quotes and parentheses. */
  skipTo(word: string): void {
    let depth = 0;
    while (!this.atEnd) {
      if (this.quoted() !== null) continue;
      const next = this.word();
      if (next === word && depth === 0) return;
      if (next !== '') continue;
      if (this.character('(')) depth++;
      else if (this.character(')')) depth--;
      else this.#at++;
    }
  }

  #skip(): void {
    for (;;) {
      while (space.test(this.#sql.charAt(this.#at))) this.#at++;
      if (!this.#skipComment()) return;
    }
  }

  #skipComment(): boolean {
    const rest = this.#sql.substring(this.#at, this.#at + 4);
    if (rest.startsWith('/*!') || rest.startsWith('/*M!')) this.#skipVersion(rest.startsWith('/*!') ? 3 : 4);
    else if (rest.startsWith('/*')) this.#skipBehind('*/', 2);
    else if (rest.startsWith('*/')) this.#at += 2;
    else if (rest.startsWith('#') || /^--(\s|$)/.test(rest)) this.#skipBehind('\n', 1);
    else return false;
    return true;
  }

  #skipVersion(opening: number): void {
    this.#at += opening;
    for (let i = 0; i < versionDigits && /\d/.test(this.#sql.charAt(this.#at)); i++) this.#at++;
  }

  #skipBehind(end: string, opening: number): void {
    const found = this.#sql.indexOf(end, this.#at + opening);
    this.#at = found < 0 ? this.#sql.length : found + end.length;
  }
}

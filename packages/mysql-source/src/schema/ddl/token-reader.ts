import { NotUnderstood } from './not-understood.ts';
import type { Token } from './tokens.ts';

export interface TableName {
  /** `null`: the current database of the statement. */
  readonly schema: string | null;
  readonly table: string;
}

/** Reads the tokens of a statement from left to right. Whatever is not as expected is `NotUnderstood`. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get ended(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  /** Whether these keywords are next. */
  at(...keywords: readonly string[]): boolean {
    return keywords.every((keyword, index) => this.peek(index)?.keyword === keyword);
  }

  atSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'symbol' && token.text === symbol;
  }

  /** Takes these keywords if all of them are next. */
  take(...keywords: readonly string[]): boolean {
    if (!this.at(...keywords)) return false;
    this.#at += keywords.length;
    return true;
  }

  /** Takes the first of these keywords that is next. */
  takeOne(...keywords: readonly string[]): string | null {
    return keywords.find((keyword) => this.take(keyword)) ?? null;
  }

  takeSymbol(symbol: string): boolean {
    if (!this.atSymbol(symbol)) return false;
    this.#at++;
    return true;
  }

  expect(...keywords: readonly string[]): void {
    if (!this.take(...keywords)) this.fail(`expected ${keywords.join(' ')}`);
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) this.fail(`expected "${symbol}"`);
  }

  next(): Token {
    const token = this.peek();
    if (token === undefined) return this.fail('it ends too early');
    if (token.kind === 'unended') return this.fail('a quoted text or comment without an end');
    this.#at++;
    return token;
  }

  name(): string {
    const token = this.peek();
    if (token?.kind !== 'word' && token?.kind !== 'name') return this.fail('expected a name');
    this.#at++;
    return token.text;
  }

  tableName(): TableName {
    if (this.takeSymbol('.')) return { schema: null, table: this.name() };
    const first = this.name();
    return this.takeSymbol('.') ? { schema: first, table: this.name() } : { schema: null, table: first };
  }

  /** A text; neighbours are one text. */
  string(): string {
    if (this.peek()?.kind !== 'string') this.fail('expected a text');
    let text = '';
    while (this.peek()?.kind === 'string') text += this.next().text;
    return text;
  }

  integer(): number {
    const token = this.next();
    if (token.kind !== 'number' || !/^\d+$/.test(token.text)) this.fail('expected a number');
    return Number(token.text);
  }

  /** Everything of one pair of parentheses. */
  skipParentheses(): void {
    this.expectSymbol('(');
    for (let depth = 1; depth > 0; ) {
      const token = this.next();
      if (token.kind !== 'symbol') continue;
      if (token.text === '(') depth++;
      if (token.text === ')') depth--;
    }
  }

  /** Calls `element` for each element of a list in parentheses. */
  list(element: () => void): void {
    this.expectSymbol('(');
    do element();
    while (this.takeSymbol(','));
    this.expectSymbol(')');
  }

  fail(reason: string): never {
    const token = this.peek();
    const near = token === undefined ? 'at its end' : `at character ${token.start + 1}`;
    throw new NotUnderstood(`${reason} ${near}`);
  }
}

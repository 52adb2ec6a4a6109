import { createHmac } from 'node:crypto';

/**
 * What is delivered instead of a value that is not NULL. `redact`: three asterisks; `truncate`: its first characters;
 * `hash`: the HMAC-SHA-256 of its text with the salt as its key, in hexadecimal digits, equal for equal values.
 */
export type MaskOption = 'redact' | { readonly truncate: number } | { readonly hash: 'sha256'; readonly salt: string };

export interface Mask {
  readonly kind: 'redact' | 'truncate' | 'hash';
  /** How many characters every value has that it makes; `null`: they differ. */
  readonly length: number | null;
  readonly apply: (text: string) => string;
}

const redacted = '***';

/** Whole characters: none that takes two units of a string is cut in two. */
const firstOf = (text: string, count: number): string => {
  if (text.length <= count) return text;
  let end = 0;
  for (let left = count; left > 0 && end < text.length; left--) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, end);
};

export const maskOf = (option: MaskOption): Mask => {
  if (option === 'redact') return { kind: 'redact', length: redacted.length, apply: () => redacted };
  if ('truncate' in option) {
    const { truncate } = option;
    return { kind: 'truncate', length: null, apply: (text) => firstOf(text, truncate) };
  }
  const { hash, salt } = option;
  return { kind: 'hash', length: 64, apply: (text) => createHmac(hash, salt).update(text).digest('hex') };
};

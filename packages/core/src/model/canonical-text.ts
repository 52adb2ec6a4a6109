import type { ValueType } from './relation.ts';

/** The text of a JavaScript value as SQL sinks write it: ISO dates, `\x` bytes, exact JSON. */
export const canonicalText = (value: unknown, type: ValueType | undefined): string => {
  if (type === 'json') return JSON.stringify(value);
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`;
  if (value instanceof Date) return value.toISOString();
  return String(value);
};

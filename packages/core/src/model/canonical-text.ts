import type { Column, ValueType } from './relation.ts';

const arrayText = (values: readonly unknown[], element: ValueType | undefined): string => {
  const texts = values.map((value) => {
    if (value === null || value === undefined) return 'NULL';
    if (Array.isArray(value) && element !== 'json') return arrayText(value, element);
    return `"${scalarText(value, element).replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${texts.join(',')}}`;
};

/** The text of a JavaScript value as SQL sinks write it: ISO dates, `\x` bytes, exact JSON, arrays in braces. */
export const canonicalText = (value: unknown, column: Pick<Column, 'type' | 'element'> | undefined): string =>
  column?.type === 'array' && Array.isArray(value) ? arrayText(value, column.element) : scalarText(value, column?.type);

const scalarText = (value: unknown, type: ValueType | undefined): string => {
  if (type === 'json') return JSON.stringify(value);
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`;
  if (value instanceof Date) return value.toISOString();
  return String(value);
};

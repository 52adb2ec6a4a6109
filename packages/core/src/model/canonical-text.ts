import type { Column, ValueType } from './relation.ts';

/** Says what is wrong with a value, never the value itself. */
export class UnwritableValue extends Error {}

type Form = Pick<Column, 'type' | 'element' | 'delimiter' | 'encode'>;

/** ISO 8601 where that has four digits for the year; outside, years as PostgreSQL counts them. */
const dateText = (date: Date): string => {
  if (Number.isNaN(date.getTime())) throw new UnwritableValue('it is an invalid Date');
  const iso = date.toISOString();
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9999) return iso;
  const counted = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return `${counted}${iso.slice(iso.indexOf('-', 1))}${year > 0 ? '' : ' BC'}`;
};

const jsonText = (value: unknown): string => {
  const text: unknown = JSON.stringify(value);
  if (typeof text !== 'string') throw new UnwritableValue('it is nothing that JSON has');
  return text;
};

/** Objects say what they are only where somebody has told them how. */
const hasText = (value: object): boolean =>
  !Array.isArray(value) && typeof value.toString === 'function' && value.toString !== Object.prototype.toString;

const scalarText = (value: unknown, type: ValueType | undefined): string => {
  if (type === 'json') return jsonText(value);
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`;
  if (value instanceof Date) return dateText(value);
  if (type === 'float' && Object.is(value, -0)) return '-0';
  if (typeof value === 'function' || typeof value === 'symbol') throw new UnwritableValue(`it is a ${typeof value}`);
  if (typeof value === 'object' && value !== null && !hasText(value))
    throw new UnwritableValue(Array.isArray(value) ? 'it is an array' : 'it is an object without a text');
  return String(value);
};

const elementText = (value: unknown, form: Form): string => {
  if (value === null || value === undefined) return 'NULL';
  const encoded = form.encode?.(value);
  const isDimension = Array.isArray(value) && (form.element !== 'json' || form.encode !== undefined);
  if (encoded === undefined && isDimension) return arrayText(value, form);
  return `"${(encoded ?? scalarText(value, form.element)).replace(/["\\]/g, '\\$&')}"`;
};

const arrayText = (values: readonly unknown[], form: Form): string =>
  `{${values.map((value) => elementText(value, form)).join(form.delimiter ?? ',')}}`;

const textOf = (value: unknown, form: Form | undefined): string => {
  if (form?.type !== 'array') return form?.encode?.(value) ?? scalarText(value, form?.type);
  return Array.isArray(value) ? arrayText(value, form) : scalarText(value, form.type);
};

/**
 * The text of a JavaScript value as SQL sinks write it: ISO dates, `\x` bytes, exact JSON, arrays in braces. Throws
 * `UnwritableValue` for one that has none.
 */
export const canonicalText = (value: unknown, form: Form | undefined): string => {
  const text = textOf(value, form);
  // UTF-8 has no halves of surrogate pairs: they would become another character.
  if (!text.isWellFormed()) throw new UnwritableValue('it holds half of a surrogate pair');
  return text;
};

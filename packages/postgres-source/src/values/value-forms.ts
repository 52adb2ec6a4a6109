import type { ValueType } from '@millrace/core';
import { dateOfText } from './date-value.ts';
import { MalformedValue } from './malformed-value.ts';
import type { ValueDecoder } from './value-decoder.ts';

/**
 * A form that values have in JavaScript instead of the default one: `text`: the exact text of the server; `number`: for
 * `bigint` and `decimal`; `date`: a `Date`, for `date`, `timestamp` (taken as UTC) and `timestamptz`; or a function that
 * makes it from the exact text.
 */
export type ValueForm = 'text' | 'number' | 'date' | ((text: string) => unknown);

/** What the forms are for: by what values are, and by names of types. */
const typesOf: Readonly<Record<string, readonly string[]>> = {
  number: ['bigint', 'decimal', 'numeric'],
  date: ['date', 'timestamp', 'timestamptz', 'timestamp without time zone', 'timestamp with time zone'],
};

/** `decimal` says that digits may be lost, `bigint` does not. */
const numberOfText = (type: ValueType) => (text: string) => {
  const value = Number(text);
  if (type === 'bigint' && !Number.isSafeInteger(value)) throw new MalformedValue('too large for a number');
  return value;
};

const madeBy = (make: (text: string) => unknown) => (text: string) => {
  try {
    return make(text);
  } catch (error) {
    if (error instanceof MalformedValue) throw error;
    // What it says may quote the value.
    throw new MalformedValue(
      `the function given for its type threw ${error instanceof Error ? error.name : 'something'}`,
    );
  }
};

const withoutModifier = (native: string): string => native.replace(/\([^)]*\)/, '');

const makerOf = (form: ValueForm, type: ValueType): ((text: string) => unknown) => {
  if (form === 'text') return (text) => text;
  if (form === 'number') return numberOfText(type);
  return form === 'date' ? dateOfText : madeBy(form);
};

/** Which values have another form than the default one. */
export class ValueForms {
  readonly #forms: ReadonlyMap<string, ValueForm>;

  /** By `ValueType`, or by the server's name of a type without a modifier, which counts more. */
  constructor(forms: Readonly<Record<string, ValueForm>> = {}) {
    this.#forms = new Map(Object.entries(forms));
  }

  /** Gives the values of a column, or the elements of an array, the form that is asked for. */
  applied(decoder: ValueDecoder, type: ValueType, native: string): ValueDecoder {
    const form = this.#forms.get(withoutModifier(native)) ?? this.#forms.get(type);
    if (form === undefined) return decoder;
    const make = makerOf(form, type);
    return {
      ...decoder,
      fromText: (bytes, start, end) => make(bytes.toString('utf8', start, end)),
      fromBinary: (bytes, start, end) => make(decoder.textOfBinary(bytes, start, end)),
    };
  }
}

/** What is wrong with the option, by type. */
export const valueFormProblems = (
  forms: Readonly<Record<string, unknown>>,
): readonly { readonly type: string; readonly message: string }[] =>
  Object.entries(forms).flatMap(([type, form]) => {
    if (typeof form === 'function' || form === 'text') return [];
    const allowed = typeof form === 'string' ? typesOf[form] : undefined;
    if (allowed === undefined) return [{ type, message: `must be 'text', 'number', 'date' or a function` }];
    return allowed.includes(type)
      ? []
      : [{ type, message: `cannot be '${String(form)}', which is for ${allowed.join(', ')}` }];
  });

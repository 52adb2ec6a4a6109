import type { Column, ValueType } from '@millrace/core';
import { dateOfText } from './date-value.ts';
import { MalformedValue } from './malformed-value.ts';
import type { ValueDecoder } from './value-decoder.ts';

/** A form of your own, both ways, of all but NULL. What it throws becomes `DECODE_FAILED` or `ENCODE_FAILED`. */
export interface ValueCodec<T = unknown> {
  /** The JavaScript value of the exact text of the server. */
  decode(text: string): T;
  /** A text that the server reads as the value; of what `transform` sets. */
  encode(value: T): string;
}

/**
 * A form that values have in JavaScript instead of the default one: `text`: the exact text of the server; `number`: for
 * `bigint` and `decimal`; `date`: a `Date`, for `date`, `timestamp` (taken as UTC) and `timestamptz`; a codec; or a
 * function that makes it from the exact text, for values that are only read.
 */
export type ValueForm = 'text' | 'number' | 'date' | ((text: string) => unknown) | ValueCodec;

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

const isCodec = (form: unknown): form is ValueCodec =>
  typeof form === 'object' &&
  form !== null &&
  typeof (form as Partial<ValueCodec>).decode === 'function' &&
  typeof (form as Partial<ValueCodec>).encode === 'function';

const makerOf = (form: ValueForm, type: ValueType): ((text: string) => unknown) => {
  if (form === 'text') return (text) => text;
  if (form === 'number') return numberOfText(type);
  if (form === 'date') return dateOfText;
  return madeBy(isCodec(form) ? (text) => form.decode(text) : form);
};

const encoderOf = (form: ValueForm): Column['encode'] => {
  if (form === 'text') return (value) => (typeof value === 'string' ? value : undefined);
  if (!isCodec(form)) return undefined;
  return (value) => {
    const text: unknown = form.encode(value);
    if (typeof text !== 'string') throw new TypeError('encode returned no string');
    return text;
  };
};

/** A form that was asked for, for values of one type. */
export interface AppliedForm {
  decoder(usual: ValueDecoder): ValueDecoder;
  readonly encode: Column['encode'];
}

/** Which values have another form than the default one. */
export class ValueForms {
  readonly #forms: ReadonlyMap<string, ValueForm>;

  /** By `ValueType`, or by the server's name of a type without a modifier, which counts more. */
  constructor(forms: Readonly<Record<string, ValueForm>> = {}) {
    this.#forms = new Map(Object.entries(forms));
  }

  /** Of the values of a column, or the elements of an array; `undefined`: the usual one. */
  of(type: ValueType, native: string): AppliedForm | undefined {
    const form = this.#forms.get(withoutModifier(native)) ?? this.#forms.get(type);
    if (form === undefined) return undefined;
    const make = makerOf(form, type);
    return {
      decoder: (usual) => ({
        ...usual,
        fromText: (bytes, start, end) => make(bytes.toString('utf8', start, end)),
        fromBinary: (bytes, start, end) => make(usual.textOfBinary(bytes, start, end)),
      }),
      encode: encoderOf(form),
    };
  }
}

/** What is wrong with the option, by type. */
export const valueFormProblems = (
  forms: Readonly<Record<string, unknown>>,
): readonly { readonly type: string; readonly message: string }[] =>
  Object.entries(forms).flatMap(([type, form]) => {
    if (typeof form === 'function' || form === 'text' || isCodec(form)) return [];
    const allowed = typeof form === 'string' ? typesOf[form] : undefined;
    if (allowed === undefined)
      return [{ type, message: `must be 'text', 'number', 'date', a function, or { decode, encode }` }];
    return allowed.includes(type)
      ? []
      : [{ type, message: `cannot be '${String(form)}', which is for ${allowed.join(', ')}` }];
  });

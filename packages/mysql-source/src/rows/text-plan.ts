import { type ValueDecoder, valueForm, type WriteValue } from '../values/value-decoder.ts';

/** How the texts of each column are made and written. Arrays, since asking an object takes longer than writing most values does. */
export interface TextPlan {
  /** Of each column one of `valueForm`. */
  readonly forms: readonly number[];
  readonly writes: readonly WriteValue[];
  readonly texts: readonly ValueDecoder['text'][];
}

export const textPlan = (decoders: readonly ValueDecoder[]): TextPlan => ({
  forms: decoders.map(({ form = valueForm.other }) => form),
  writes: decoders.map(({ write }) => write),
  texts: decoders.map(({ text }) => text),
});

import { copyError } from './copy-errors.ts';

/** A place in a table, in the order of its key. */
export interface KeyCursor {
  /** What the table was then: another one if its rows may lie elsewhere or have other columns. */
  readonly version: string;
  /**
   * `start`: before all rows; `from`: before the rows of which the first column of the key is not less than an integer;
   * `after`: behind the row with these values of the key, in its order, as `KeyColumn.kept` gives them.
   */
  readonly place:
    | { readonly kind: 'start' }
    | { readonly kind: 'from'; readonly value: string }
    | { readonly kind: 'after'; readonly values: readonly string[] };
}

/** As a text that says everything. */
export const formatCursor = ({ version, place }: KeyCursor): string => {
  switch (place.kind) {
    case 'start':
      return JSON.stringify([version]);
    case 'from':
      return JSON.stringify([version, place.value]);
    case 'after':
      return JSON.stringify([version, place.values]);
  }
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** Throws `COPY_OUTDATED` for anything else: what it means is not known, so the copy has to start over. */
export const parseCursor = (text: string | null): KeyCursor => {
  const found = parsed(text ?? '');
  if (Array.isArray(found) && found.length <= 2) {
    const [version, place]: readonly unknown[] = found;
    if (isText(version) && found.length === 1) return { version, place: { kind: 'start' } };
    if (isText(version) && isText(place)) return { version, place: { kind: 'from', value: place } };
    if (isText(version) && Array.isArray(place) && place.every(isText))
      return { version, place: { kind: 'after', values: place } };
  }
  throw copyError('COPY_OUTDATED', 'A cursor of a copy is not one of this source');
};

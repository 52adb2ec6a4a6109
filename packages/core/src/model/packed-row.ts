import type { RowImage } from './row-image.ts';

/** Makes the row of its bytes, which stay its memory. */
export type UnpackRow = (bytes: Buffer) => RowImage;

/** A row as bytes that may be kept elsewhere, e.g. in a file. */
export interface PackedRow {
  readonly bytes: Uint8Array;
  /** The same function for all rows of one kind. */
  readonly unpack: UnpackRow;
}

const made = new WeakMap<object, WeakMap<object, UnpackRow>>();

/** The function for rows that `owner` makes of rows of which `inner` is the function; `make` is called once for both. */
export const unpackedBy = (owner: object, inner: object, make: () => UnpackRow): UnpackRow => {
  const known = made.get(owner) ?? new WeakMap<object, UnpackRow>();
  made.set(owner, known);
  const unpack = known.get(inner) ?? make();
  known.set(inner, unpack);
  return unpack;
};

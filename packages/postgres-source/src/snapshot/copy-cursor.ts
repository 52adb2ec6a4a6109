import { sourceError } from '../postgres-source-errors.ts';

/** The version of a table's file that a place in it refers to. */
export interface HeapVersion {
  readonly oid: number;
  /** Another one after anything that moves rows without the log saying so, such as VACUUM FULL. */
  readonly filenode: number;
  /** What the columns are, and what is published of them. */
  readonly shape: string;
}

/** A place in a table, before the row that lies there: the block, times `placesPerBlock`, plus the row's number in it. */
export type Place = number;

/**
 * More than rows fit into a block of any size that a server can be built with. Blocks have 32 bits, so that a place is an
 * exact number.
 */
export const placesPerBlock = 2_048;

export interface CopyCursor extends HeapVersion {
  readonly place: Place;
}

/** As a text that says everything, so that whoever continues there notices when it is not there any more. */
export const formatCursor = ({ oid, filenode, shape, place }: CopyCursor): string =>
  `${oid}:${filenode}:${shape}:${place}`;

const cursorText = /^(\d{1,10}):(\d{1,10}):([0-9a-f]{16}):(\d{1,14})$/;

/** Throws `COPY_OUTDATED` for anything else: what it means is not known, so the copy has to start over. */
export const parseCursor = (text: string | null): CopyCursor => {
  const [, oid, filenode, shape, place] = cursorText.exec(text ?? '') ?? [];
  if (shape === undefined) throw sourceError('COPY_OUTDATED', 'A cursor of a copy is not one of this source');
  return { oid: Number(oid), filenode: Number(filenode), shape, place: Number(place) };
};

export const isSameVersion = (one: HeapVersion, other: HeapVersion): boolean =>
  one.oid === other.oid && one.filenode === other.filenode && one.shape === other.shape;

/** As the server writes a `tid`. */
export const tidOf = (place: Place): string => `(${Math.floor(place / placesPerBlock)},${place % placesPerBlock})`;

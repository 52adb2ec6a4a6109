import { noValue, type Relation, type ValuePlaces } from '@millrace/core';
import { columnKind, lengthAt, tupleHeader, valueHeader } from './tuple.ts';
import type { TupleRole } from './wire-row.ts';

/**
 * Finds the values of a checked tuple. What an update left out is looked for in the tuple of the whole row before it,
 * if there is one, in the same memory. False when some values came as text and others in binary form.
 */
export const placeTuple = (
  bytes: Buffer,
  start: number,
  relation: Relation,
  role: TupleRole,
  previous: number | null,
  places: ValuePlaces,
): boolean => {
  const { starts, ends } = places;
  const count = relation.columns.length;
  let texts = 0;
  let binaries = 0;
  let borrows = false;
  let at = start + tupleHeader;
  for (let column = 0; column < count; column++) {
    const kind = bytes[at];
    if (kind === columnKind.text || kind === columnKind.binary) {
      const value = at + valueHeader;
      at = value + lengthAt(bytes, at + 1);
      starts[column] = value;
      ends[column] = at;
      if (kind === columnKind.text) texts += 1;
      else binaries += 1;
      continue;
    }
    at += 1;
    if (kind === columnKind.null) {
      starts[column] = role === 'key' && relation.key?.includes(column) !== true ? noValue.absent : noValue.null;
    } else {
      starts[column] = noValue.unchanged;
      borrows = previous !== null;
    }
  }
  if (borrows) {
    at = (previous ?? 0) + tupleHeader;
    for (let column = 0; column < count; column++) {
      const kind = bytes[at];
      if (kind !== columnKind.text && kind !== columnKind.binary) {
        at += 1;
        continue;
      }
      const value = at + valueHeader;
      at = value + lengthAt(bytes, at + 1);
      if (starts[column] !== noValue.unchanged) continue;
      starts[column] = value;
      ends[column] = at;
      if (kind === columnKind.text) texts += 1;
      else binaries += 1;
    }
  }
  places.bytes = bytes;
  places.wire = binaries > 0 ? 'binary' : 'text';
  return texts === 0 || binaries === 0;
};

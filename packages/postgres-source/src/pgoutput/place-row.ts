import { noValue, type Relation, type ValuePlaces } from '@millrace/core';
import { lengthOf, lengthSize, noLength, textFlag } from './stored-row.ts';
import { int32At, tupleHeader } from './tuple.ts';
import type { RowRole } from './wire-row.ts';

/**
 * Finds the values of a row. What an update left out is looked for in the whole row before it, if there is one, in the
 * same memory. False when some values came as text and others in binary form.
 */
export const placeRow = (
  bytes: Buffer,
  start: number,
  relation: Relation,
  role: RowRole,
  previous: number | null,
  places: ValuePlaces,
): boolean => {
  const { starts, ends } = places;
  const count = relation.columns.length;
  let texts = 0;
  let values = 0;
  let borrows = false;
  let at = start + tupleHeader;
  for (let column = 0; column < count; column++) {
    const stored = int32At(bytes, at);
    at += lengthSize;
    if (stored >= 0) {
      starts[column] = at;
      at += lengthOf(stored);
      ends[column] = at;
      values += 1;
      if (stored >= textFlag) texts += 1;
    } else if (stored === noLength.null) {
      starts[column] = role === 'key' && relation.key?.includes(column) !== true ? noValue.absent : noValue.null;
    } else {
      starts[column] = noValue.unchanged;
      borrows = previous !== null;
    }
  }
  if (borrows) {
    at = (previous ?? 0) + tupleHeader;
    for (let column = 0; column < count; column++) {
      const stored = int32At(bytes, at);
      at += lengthSize;
      if (stored < 0) continue;
      const value = at;
      at += lengthOf(stored);
      if (starts[column] !== noValue.unchanged) continue;
      starts[column] = value;
      ends[column] = at;
      values += 1;
      if (stored >= textFlag) texts += 1;
    }
  }
  places.bytes = bytes;
  places.wire = texts < values ? 'binary' : 'text';
  return texts === 0 || texts === values;
};

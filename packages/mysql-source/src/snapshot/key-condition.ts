import type { KeyColumn } from './key-column.ts';
import type { KeyCursor } from './key-cursor.ts';

/** The rows behind one with these values: each term fixes one column more (a comparison of rows uses no index). */
const behind = (key: readonly KeyColumn[], values: readonly string[]): string => {
  const terms = key.map((column, last) => {
    const equal = key.slice(0, last).map((one, index) => `${one.quoted} = ${one.literal(values[index] ?? '')}`);
    return [...equal, `${column.quoted} > ${column.literal(values[last] ?? '')}`].join(' AND ');
  });
  return terms.map((term) => `(${term})`).join(' OR ');
};

/** The rows behind a cursor, as a condition; `null`: all. */
export const rowsBehind = (key: readonly KeyColumn[], place: KeyCursor['place']): string | null => {
  const [first] = key;
  switch (place.kind) {
    case 'start':
      return null;
    case 'from':
      return first === undefined ? null : `${first.quoted} >= ${first.literal(place.value)}`;
    case 'after':
      return behind(key, place.values);
  }
};

/** The rows before the beginning of another range; `null`: all. */
export const rowsBefore = (key: readonly KeyColumn[], place: KeyCursor['place'] | null): string | null => {
  const [first] = key;
  return place?.kind !== 'from' || first === undefined ? null : `${first.quoted} < ${first.literal(place.value)}`;
};

import { lengthAt, lengthSize } from './encoded-length.ts';
import { MalformedRow } from './malformed-row.ts';

/**
 * Finds the values of a row that begins at `start`: for each of so many columns where its value begins, -1 for NULL, and
 * where it ends. Returns where the row ends. Throws `MalformedRow` past `end`.
 */
export const locateValues = (
  bytes: Buffer,
  start: number,
  end: number,
  columns: number,
  starts: number[],
  ends: number[],
): number => {
  let at = start;
  for (let column = 0; column < columns; column++) {
    if (at >= end) throw new MalformedRow('it has too few columns');
    const first = bytes[at] ?? 0;
    if (first < 0xfb) {
      at += 1;
      starts[column] = at;
      at += first;
    } else {
      const length = lengthAt(bytes, at);
      at += lengthSize(bytes, at);
      starts[column] = length < 0 ? -1 : at;
      at += Math.max(0, length);
    }
    ends[column] = at;
  }
  if (at > end) throw new MalformedRow('a value runs past its end');
  return at;
};

/** The values of a row as texts. */
export const rowTexts = (bytes: Buffer, start: number, end: number, columns: number): (string | null)[] => {
  const [starts, ends]: [number[], number[]] = [[], []];
  locateValues(bytes, start, end, columns, starts, ends);
  return starts.map((from, column) => (from < 0 ? null : bytes.toString('utf8', from, ends[column])));
};

/**
 * Numbers as intervals, both ends included: the first number of each, and the last, in ascending order, with something
 * missing in between. Exact for 64 bits.
 */
export type Intervals = bigint[];

/**
 * Adds all numbers from `first` to `last`. Tells whether they only made the last interval longer, which they usually do,
 * and which takes no time.
 */
export const addInterval = (intervals: Intervals, first: bigint, last: bigint): boolean => {
  const length = intervals.length;
  const end = intervals[length - 1];
  if (end !== undefined && first === end + 1n) {
    intervals[length - 1] = last;
    return true;
  }
  if (end === undefined || first > end) intervals.push(first, last);
  else insert(intervals, first, last);
  return false;
};

/** Takes the place of all that it touches. */
const insert = (intervals: Intervals, first: bigint, last: bigint): void => {
  const from = endingFrom(intervals, first - 1n);
  let to = from;
  let start = first;
  let end = last;
  for (let next = intervals[to]; next !== undefined && next <= last + 1n; next = intervals[to]) {
    const nextEnd = intervals[to + 1] ?? next;
    if (next < start) start = next;
    if (nextEnd > end) end = nextEnd;
    to += 2;
  }
  intervals.splice(from, to - from, start, end);
};

/** Index of the first interval that ends at the number or later. */
const endingFrom = (intervals: Intervals, number: bigint): number => {
  let low = 0;
  let high = intervals.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((intervals[middle * 2 + 1] ?? 0n) < number) low = middle + 1;
    else high = middle;
  }
  return low * 2;
};

/** Whether all numbers from `first` to `last` are there. */
export const holds = (intervals: Intervals, first: bigint, last: bigint): boolean => {
  const at = endingFrom(intervals, first);
  const start = intervals[at];
  const end = intervals[at + 1];
  return start !== undefined && end !== undefined && start <= first && last <= end;
};

/** What is in `from` and not in `taken`. */
export const subtractIntervals = (from: Intervals, taken: Intervals): Intervals => {
  const left: Intervals = [];
  for (let i = 0; i < from.length; i += 2) {
    let start = from[i] ?? 0n;
    const end = from[i + 1] ?? 0n;
    for (let at = endingFrom(taken, start); at < taken.length && start <= end; at += 2) {
      const [first = 0n, last = 0n] = [taken[at], taken[at + 1]];
      if (first > end) break;
      if (first > start) left.push(start, first - 1n);
      start = last + 1n;
    }
    if (start <= end) left.push(start, end);
  }
  return left;
};

/** `:1-5:7`, as servers write it, without the last interval. */
export const formatAllButLast = (intervals: Intervals): string => {
  let text = '';
  for (let i = 0; i < intervals.length - 2; i += 2) text += formatInterval(intervals, i);
  return text;
};

export const formatLast = (intervals: Intervals): string => formatInterval(intervals, intervals.length - 2);

const formatInterval = (intervals: Intervals, at: number): string => {
  const first = intervals[at];
  const last = intervals[at + 1];
  return first === last ? `:${first}` : `:${first}-${last}`;
};

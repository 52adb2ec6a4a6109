import { addInterval, formatAllButLast, formatLast, holds, type Intervals, subtractIntervals } from './intervals.ts';
import { incomparable, invalid } from './position-errors.ts';

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const tagText = /^[a-z_][a-z0-9_]{0,31}$/;
const intervalText = /^(\d{1,19})(?:-(\d{1,19}))?$/;
const largest = 0x7fff_ffff_ffff_fffen;
const uuidLength = 36;

/** Numbers that one server gave, with one tag or none. */
interface GtidSource {
  readonly uuid: string;
  /** Empty: none. */
  readonly tag: string;
  readonly intervals: Intervals;
  /** Of all intervals but the last; `null`: they have changed. */
  text: string | null;
}

/**
 * A set of GTIDs of MySQL, tagged ones included, as `gtid_executed` has it. It grows by one transaction in constant time,
 * and its text is put together when it is asked for, of what has not changed and what has.
 */
export class GtidSet {
  /** By UUID and tag, as a GTID begins. */
  readonly #sources = new Map<string, GtidSource>();
  /** In the order of the text; `null`: one has come. */
  #ordered: readonly GtidSource[] | null = null;

  /** Takes what servers print and accept; throws `BINLOG_POSITION_INVALID` for other text. */
  static parse(text: string): GtidSet {
    const set = new GtidSet();
    if (text.trim() !== '') for (const block of text.split(',')) set.#addBlock(block.trim().toLowerCase(), text);
    return set;
  }

  get isEmpty(): boolean {
    return this.#sources.size === 0;
  }

  /** How many transactions there are. */
  get count(): bigint {
    let count = 0n;
    for (const { intervals } of this.#sources.values())
      for (let i = 0; i < intervals.length; i += 2) count += (intervals[i + 1] ?? 0n) - (intervals[i] ?? 0n) + 1n;
    return count;
  }

  /** Adds a transaction: `uuid:number` or `uuid:tag:number`, in lower case, as the decoder gives it. */
  add(gtid: string): void {
    const { source, number } = splitGtid(gtid);
    this.#addTo(source, number, number);
  }

  /** Whether a transaction is in the set. */
  has(gtid: string): boolean {
    const { source, number } = splitGtid(gtid);
    const intervals = this.#sources.get(source)?.intervals;
    return intervals !== undefined && holds(intervals, number, number);
  }

  /** Whether every transaction of the other set is in this one. */
  includes(other: GtidSet): boolean {
    for (const [name, { intervals }] of other.#sources) {
      const own = this.#sources.get(name)?.intervals;
      if (own === undefined) return false;
      for (let i = 0; i < intervals.length; i += 2)
        if (!holds(own, intervals[i] ?? 0n, intervals[i + 1] ?? 0n)) return false;
    }
    return true;
  }

  /** What is in this set and not in the other. */
  subtract(other: GtidSet): GtidSet {
    const left = new GtidSet();
    for (const [name, { intervals }] of this.#sources) {
      const rest = subtractIntervals(intervals, other.#sources.get(name)?.intervals ?? []);
      for (let i = 0; i < rest.length; i += 2) left.#addTo(name, rest[i] ?? 0n, rest[i + 1] ?? 0n);
    }
    return left;
  }

  /** What is in this set or in the other. */
  union(other: GtidSet): GtidSet {
    const all = this.copy();
    for (const [name, { intervals }] of other.#sources)
      for (let i = 0; i < intervals.length; i += 2) all.#addTo(name, intervals[i] ?? 0n, intervals[i + 1] ?? 0n);
    return all;
  }

  /** -1: the other holds more. Throws `POSITION_INCOMPARABLE` if each holds what the other does not. */
  compare(other: GtidSet): -1 | 0 | 1 {
    const isBehind = other.includes(this);
    const isAhead = this.includes(other);
    if (isBehind) return isAhead ? 0 : -1;
    if (!isAhead) throw incomparable('each holds transactions that the other does not', this, other);
    return 1;
  }

  copy(): GtidSet {
    return this.subtract(new GtidSet());
  }

  /** As `gtid_executed` has it, without line breaks. */
  toString(): string {
    let text = '';
    let last = '';
    this.#ordered ??= [...this.#sources.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, source]) => source);
    for (const source of this.#ordered) {
      if (source.uuid !== last) text += text === '' ? source.uuid : `,${source.uuid}`;
      if (source.tag !== '') text += `:${source.tag}`;
      source.text ??= formatAllButLast(source.intervals);
      text += source.text + formatLast(source.intervals);
      last = source.uuid;
    }
    return text;
  }

  /** `uuid:1-5:7:tag:1`: a tag is that of all numbers behind it. */
  #addBlock(block: string, text: string): void {
    const [uuid = '', ...items] = block.split(':').map((item) => item.trim());
    if (!uuidText.test(uuid)) throw invalid('a set of GTIDs', text);
    let source = uuid;
    let isOpen = true;
    for (const item of items) {
      const [, first, last] = intervalText.exec(item) ?? [];
      if (first !== undefined) this.#addNumbers(source, BigInt(first), BigInt(last ?? first), text);
      else if (!tagText.test(item) || (isOpen && source !== uuid)) throw invalid('a set of GTIDs', text);
      else source = `${uuid}:${item}`;
      isOpen = first === undefined;
    }
    if (isOpen) throw invalid('a set of GTIDs', text);
  }

  #addNumbers(source: string, first: bigint, last: bigint, text: string): void {
    if (first < 1n || last < first || last > largest) throw invalid('a set of GTIDs', text);
    this.#addTo(source, first, last);
  }

  #addTo(name: string, first: bigint, last: bigint): void {
    let source = this.#sources.get(name);
    if (source === undefined) {
      source = { uuid: name.slice(0, uuidLength), tag: name.slice(uuidLength + 1), intervals: [], text: null };
      this.#sources.set(name, source);
      this.#ordered = null;
    }
    if (!addInterval(source.intervals, first, last)) source.text = null;
  }
}

const splitGtid = (gtid: string): { source: string; number: bigint } => {
  const end = gtid.lastIndexOf(':');
  const digits = gtid.slice(end + 1);
  if (end < uuidLength || !intervalText.test(digits) || digits.includes('-')) throw invalid('a GTID', gtid);
  return { source: gtid.slice(0, end), number: BigInt(digits) };
};

import { incomparable, invalid, positionError } from './position-errors.ts';

const gtidText = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/;

interface LastOfDomain {
  readonly server: string;
  readonly sequence: bigint;
}

/**
 * A GTID position of MariaDB: the last transaction of each replication domain, as `gtid_binlog_pos` has it. What lies
 * before it is known by the sequence numbers alone, which grow along the log of a domain (`gtid_strict_mode`).
 */
export class MariadbGtidPosition {
  readonly #domains = new Map<string, LastOfDomain>();

  /** Throws `BINLOG_POSITION_INVALID` for other text than servers print. */
  static parse(text: string): MariadbGtidPosition {
    const position = new MariadbGtidPosition();
    if (text.trim() === '') return position;
    for (const gtid of text.split(',')) {
      const { domain, last } = splitGtid(gtid.trim());
      if (position.#domains.has(domain)) throw invalid('a GTID position: a domain is there twice', text);
      position.#domains.set(domain, last);
    }
    return position;
  }

  get isEmpty(): boolean {
    return this.#domains.size === 0;
  }

  /** Passes a transaction. Throws `GTID_OUT_OF_ORDER` if it does not lie behind those of its domain. */
  add(gtid: string): void {
    const { domain, last } = splitGtid(gtid);
    const before = this.#domains.get(domain);
    if (before !== undefined && last.sequence <= before.sequence)
      throw positionError('GTID_OUT_OF_ORDER', `GTID ${gtid} follows ${domain}-${before.server}-${before.sequence}`, {
        hint: 'SET GLOBAL gtid_strict_mode = ON',
        details: { gtid },
      });
    this.#domains.set(domain, last);
  }

  /** Whether a transaction lies at or before this position. */
  has(gtid: string): boolean {
    const { domain, last } = splitGtid(gtid);
    const own = this.#domains.get(domain);
    return own !== undefined && last.sequence <= own.sequence;
  }

  /**
   * -1: the other is further. Throws `POSITION_INCOMPARABLE` if each is further in another domain, or two servers gave
   * one number in a domain.
   */
  compare(other: MariadbGtidPosition): -1 | 0 | 1 {
    let isBehind = false;
    let isAhead = false;
    for (const domain of new Set([...this.#domains.keys(), ...other.#domains.keys()])) {
      const own = this.#domains.get(domain);
      const others = other.#domains.get(domain);
      if (own === undefined || (others !== undefined && own.sequence < others.sequence)) isBehind = true;
      else if (others === undefined || own.sequence > others.sequence) isAhead = true;
      else if (own.server !== others.server)
        throw incomparable(`two servers gave the same number in domain ${domain}`, this, other);
    }
    if (isBehind && isAhead) throw incomparable('each is further in another domain', this, other);
    return isBehind ? -1 : isAhead ? 1 : 0;
  }

  copy(): MariadbGtidPosition {
    const copy = new MariadbGtidPosition();
    for (const [domain, last] of this.#domains) copy.#domains.set(domain, last);
    return copy;
  }

  /** As `gtid_binlog_pos` has it, ordered by domain. */
  toString(): string {
    if (this.#domains.size > 1) return this.#inOrder().map(textOf).join(',');
    for (const domain of this.#domains) return textOf(domain);
    return '';
  }

  #inOrder(): (readonly [string, LastOfDomain])[] {
    return [...this.#domains].sort(([a], [b]) => Number(a) - Number(b));
  }
}

const textOf = ([domain, { server, sequence }]: readonly [string, LastOfDomain]): string =>
  `${domain}-${server}-${sequence}`;

/** What stands before the number of the last GTID that was split: mostly the next has the same. */
let latest = { prefix: '', domain: '', server: '' };

const splitGtid = (gtid: string): { domain: string; last: LastOfDomain } => {
  const number = gtid.lastIndexOf('-') + 1;
  if (number !== latest.prefix.length || !gtid.startsWith(latest.prefix) || !isNumber(gtid, number)) {
    const [, domain, server] = gtidText.exec(gtid) ?? [];
    if (domain === undefined || server === undefined) throw invalid('a GTID of MariaDB', gtid);
    latest = { prefix: gtid.slice(0, number), domain: String(Number(domain)), server: String(Number(server)) };
  }
  const { domain, server } = latest;
  return { domain, last: { server, sequence: BigInt(gtid.slice(number)) } };
};

const mostDigits = 20;

/** Whether the text from `start` on is a number as `gtidText` takes it. */
const isNumber = (text: string, start: number): boolean => {
  if (text.length === start || text.length - start > mostDigits) return false;
  for (let place = start; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
};

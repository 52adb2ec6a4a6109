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
    const domains = [...this.#domains.entries()];
    if (domains.length > 1) domains.sort(([a], [b]) => Number(a) - Number(b));
    return domains.map(([domain, { server, sequence }]) => `${domain}-${server}-${sequence}`).join(',');
  }
}

const splitGtid = (gtid: string): { domain: string; last: LastOfDomain } => {
  const [, domain, server, sequence] = gtidText.exec(gtid) ?? [];
  if (domain === undefined || server === undefined || sequence === undefined) throw invalid('a GTID of MariaDB', gtid);
  return { domain: String(Number(domain)), last: { server: String(Number(server)), sequence: BigInt(sequence) } };
};

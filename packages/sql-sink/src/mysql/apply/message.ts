import { MillraceError } from '@millrace/core';
import { errnoOf, type ScriptSession, type StatementOutcome } from '@millrace/mysql-client';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import type { SinkLimits } from '../sink-limits.ts';
import { rowsMet } from './rows-met.ts';
import { betweenBytes, commandBytes } from './statement-size.ts';

export interface MessageLimits {
  /** A message with more statements or bytes than this is sent before anything else is added to it. */
  readonly statements: number;
  readonly bytes: number;
  /** The server takes no more at once, and cuts the connection instead. */
  readonly packetBytes: number;
}

/** For a server that takes so many bytes at once. */
export const messageLimits = (
  { messageStatements, messageBytes }: Pick<SinkLimits, 'messageStatements' | 'messageBytes'>,
  taken: number,
): MessageLimits => ({
  statements: messageStatements,
  bytes: messageBytes,
  packetBytes: taken - commandBytes,
});

/** Looks at what a statement has done; throws where that is not what it had to do. */
export type Check = (outcome: StatementOutcome) => void;

/** The statement meets exactly so many rows. */
export const expecting =
  (rows: number): Check =>
  (outcome) => {
    if (rowsMet(outcome) !== rows) throw new UnexpectedOutcome('another number of rows than expected');
  };

/** What a statement or its rows are to blame for: one change at a time tells which one it was. */
const ofStatements: readonly string[] = [
  'STATEMENT_FAILED',
  'CONSTRAINT_VIOLATED',
  'VALUE_REJECTED',
  'SCHEMA_MISMATCH',
];

/** Statements that go to the server together, or, where they are more than it takes, one part behind the other. */
export class Message {
  readonly #session: ScriptSession;
  readonly #limits: MessageLimits;
  #packets: (string | Buffer)[][] = [[]];
  #packetBytes = 0;
  #checks: (Check | null)[] = [];
  #data: Iterable<Buffer> | null = null;
  #bytes = 0;

  constructor(session: ScriptSession, limits: MessageLimits) {
    this.#session = session;
    this.#limits = limits;
  }

  /** Throws `UnexpectedOutcome` where the server does not take the statement even by itself. */
  add(statement: string | Buffer, check: Check | null = null): void {
    const bytes = Buffer.byteLength(statement) + betweenBytes;
    const { packetBytes } = this.#limits;
    if (bytes > packetBytes) throw new UnexpectedOutcome('a statement that is larger than the server takes');
    if (this.#packetBytes + bytes > packetBytes) {
      this.#packets.push([]);
      this.#packetBytes = 0;
    }
    this.#packets.at(-1)?.push(statement);
    this.#packetBytes += bytes;
    this.#checks.push(check);
    this.#bytes += bytes;
  }

  /** Adds a LOAD DATA; there may be one in a message. */
  addLoad(statement: string, data: Iterable<Buffer>, check: Check): void {
    if (this.#data !== null) throw new Error('A message loads data once');
    this.#data = data;
    this.add(statement, check);
  }

  get isFull(): boolean {
    return this.#checks.length >= this.#limits.statements || this.#bytes >= this.#limits.bytes || this.#data !== null;
  }

  /** Forgets what was not sent. */
  clear(): void {
    this.#packets = [[]];
    this.#packetBytes = 0;
    this.#checks = [];
    this.#data = null;
    this.#bytes = 0;
  }

  /** Sends what there is. Rejects with `UnexpectedOutcome` when the changes have to be applied one at a time. */
  async send(signal: AbortSignal, doing: string): Promise<readonly StatementOutcome[]> {
    if (this.#checks.length === 0) return [];
    const [packets, checks, data] = [this.#packets, this.#checks, this.#data];
    this.clear();
    const outcomes: StatementOutcome[] = [];
    for (const [at, statements] of packets.entries()) {
      // It belongs to the last statement.
      const loaded = data === null || at < packets.length - 1 ? {} : { data };
      outcomes.push(
        ...(await this.#session.script(statements, { signal, doing, ...loaded }).catch((error) => {
          if (!(error instanceof MillraceError) || !ofStatements.includes(error.code)) throw error;
          throw new UnexpectedOutcome(`error ${errnoOf(error)}`, error);
        })),
      );
    }
    if (outcomes.length !== checks.length)
      throw new Error(`The server answered ${outcomes.length} of ${checks.length} statements`);
    for (const [at, outcome] of outcomes.entries()) checks[at]?.(outcome);
    return outcomes;
  }
}
